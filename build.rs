//! How the program is linked: its relocations are packed.
//!
//! There are some 70,000 of them, and the loader reads each at the start: 1.7 MB that would stay in memory while
//! the daemon idles, where the packed form takes some dozen kilobytes. The loader of glibc knows that form since
//! 2.36; an older one would refuse the program, so it is asked for where the machine that builds has a newer one,
//! and for that machine alone. `TONGXIN_PACKED=0` builds without it, for machines with an older glibc.

/// The first glibc whose loader knows packed relocations (`DT_RELR`).
const KNOWN_SINCE: (u32, u32) = (2, 36);

#[expect(clippy::disallowed_methods, reason = "how Cargo tells a build script what it builds")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TONGXIN_PACKED");
    let told = |name: &str| std::env::var(name).unwrap_or_default();
    let here = told("HOST") == told("TARGET") && told("CARGO_CFG_TARGET_ENV") == "gnu";
    let linux = told("CARGO_CFG_TARGET_OS") == "linux";
    if here
        && linux
        && told("TONGXIN_PACKED") != "0"
        && glibc().is_some_and(|has| has >= KNOWN_SINCE)
    {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of the C library that this machine's programs run over.
fn glibc() -> Option<(u32, u32)> {
    let told = std::process::Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    let minor = minor.split_once('.').map_or(minor, |(minor, _)| minor);
    Some((major.parse().ok()?, minor.parse().ok()?))
}
