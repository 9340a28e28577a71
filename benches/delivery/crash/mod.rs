//! What is shared by the trials that make the daemon die, freeze, or run out of what it needs: the real program
//! in a process of its own, people who talk to it all the while, and a look at its books afterwards.

pub mod books;
pub mod crew;
pub mod daemon;
pub mod disk;
pub mod ground;
pub mod office;
pub mod relay;
pub mod talk;
pub mod trial;
