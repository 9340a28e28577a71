//! A post with a picture and a file on every platform that takes them: what readers see, and what becomes of it when
//! the platform does not take at once what it is given.

mod article;
mod every;
mod place;
mod smart_robot;
mod system;
mod together;

use self::place::{Place, Which};
use super::world::World;
use crate::clock::StandingClock;
use std::sync::Arc;
use std::time::Duration;

const PDF: &[u8] = b"%PDF-1.7 the plan of the bridge";
const TEXT: &str = "桥通了\n明天起**通行**。";
const LI: &str = "lisi";

/// An office whose readers are on this platform.
async fn office(which: Which) -> (World, Place) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let mut place = which.start(clock.clone()).await;
    let mut world = World::beside(clock, &place.account()).await;
    place.subscribes(&mut world).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    (world, place)
}

/// The editor pushes a post with a picture, and perhaps a file; what staff saw before it and by the time all is done.
async fn pushes(world: &mut World, text: &str, picture: &[u8], file: Option<&[u8]>) -> String {
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    editor.sends_photo(&desk, picture, &format!("/写稿 政策解读\n{text}"));
    world.quiet().await;
    if let Some(bytes) = file {
        let below = world.last(&desk);
        editor.answers_with_file(&below, "方案.pdf", bytes);
        world.quiet().await;
    }
    let shown = world.hears(&desk);
    shown + &world.pushes_last(Duration::from_mins(10)).await
}
