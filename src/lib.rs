//! Tongxin.
pub mod bot;
pub mod clock;
pub mod connector;
pub mod desk;
pub mod model;
pub mod store;
pub mod text;
