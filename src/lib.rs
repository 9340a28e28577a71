//! Tongxin.
pub mod clock;
pub mod connector;
pub mod desk;
pub mod model;
pub mod rounds;
pub mod store;
pub mod text;
