//! Where the database is, and how it is reached. Nothing here can be printed by chance.

use crate::store::Whereabouts;
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres::config::{Config, Host};

/// What was given is no address of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no address of a PostgreSQL database: postgres://name:password@host:5432/database")]
pub struct NoAddress;

/// The address of a database, with its password: shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    config: Config,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Address {
    /// Reads an address: `postgres://name:password@host:5432/database`, several hosts with commas
    /// between them.
    ///
    /// # Errors
    /// When it is none; the error does not repeat it.
    pub fn parse(url: &str) -> Result<Self, NoAddress> {
        let known = ["postgres://", "postgresql://"].iter().any(|s| url.starts_with(s));
        let config: Config = url.parse().map_err(|_| NoAddress)?;
        if !known || (config.get_hosts().is_empty() && config.get_hostaddrs().is_empty()) {
            return Err(NoAddress);
        }
        Ok(Self { config })
    }

    /// What the client needs; it has the password.
    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    /// Where it is, for sentences: hosts, ports and the database, without name and password.
    #[must_use]
    pub fn place(&self) -> Whereabouts {
        let ports = self.config.get_ports();
        let port = |n: usize| ports.get(n).or(ports.first()).copied().unwrap_or(5432);
        let host = |(n, host): (usize, &Host)| match host {
            Host::Tcp(name) => format!("{name}:{}", port(n)),
            #[cfg(unix)]
            Host::Unix(dir) => format!("{} (port {})", dir.display(), port(n)),
        };
        let mut hosts: Vec<_> = self.config.get_hosts().iter().enumerate().map(host).collect();
        if hosts.is_empty() {
            hosts.extend(self.config.get_hostaddrs().iter().map(ToString::to_string));
        }
        let base = self.config.get_dbname().or(self.config.get_user()).unwrap_or("its own name");
        Whereabouts::Database { name: base.to_owned(), hosts: hosts.join(", ") }
    }

    /// Whether all of it lies on this machine.
    #[must_use]
    pub fn is_near(&self) -> bool {
        let near = |host: &Host| match host {
            Host::Tcp(name) => {
                name == "localhost"
                    || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        self.config.get_hosts().iter().all(near)
            && self.config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
    }
}

/// How what goes to the database and comes from it is kept from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    Off,
    /// By TLS, with a server whose certificate proves its name.
    Verified {
        /// The certificates (PEM) that are trusted; those of the machine where it is left out.
        roots: Option<PathBuf>,
    },
}

/// How PostgreSQL is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where it is.
    pub address: Address,
    /// How the connection is kept from others.
    pub encryption: Encryption,
    /// How many connections are kept open.
    pub pool: usize,
    /// How long the server may take to let us in.
    pub connect: Duration,
    /// How long one statement may take.
    pub statement: Duration,
    /// How long something is tried again when the database does not answer or does not take it.
    pub patience: Duration,
}

impl Settings {
    /// The fewest connections: one that writes, one that reads.
    pub const POOL_MIN: usize = 2;

    /// The defaults, for the database at this address.
    #[must_use]
    pub const fn new(address: Address) -> Self {
        Self {
            address,
            encryption: Encryption::Verified { roots: None },
            pool: 8,
            connect: Duration::from_secs(5),
            statement: Duration::from_secs(10),
            patience: Duration::from_secs(30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_where_it_leads_and_never_who_and_with_what() {
        let url = "postgres://office:se%40cret@db1.example.org,db2.example.org:6432/tongxin";
        let address = Address::parse(url).expect("an address");
        assert_eq!(format!("{address:?}"), "***");
        let place = address.place().to_string();
        assert!(place.starts_with("the database tongxin at db1.example.org:5432"), "{place}");
        assert!(!place.contains("office") && !place.contains("cret"), "{place}");
        assert!(!address.is_near());
        assert!(Address::parse("postgres://a@127.0.0.1/b").expect("an address").is_near());
        for wrong in ["", "mysql://a@b/c", "host=a", "postgres:///x?hots=1", "postgres://"] {
            let why = Address::parse(wrong).expect_err(wrong);
            assert!(why.to_string().starts_with("is no address"), "{why}");
        }
    }
}
