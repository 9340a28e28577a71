//! Signatures and ciphers of platforms: the vectors that others published, and whatever was altered since.

mod calls;
mod hand;
mod letters;
mod push;
mod random;
mod replay;
mod vectors;
