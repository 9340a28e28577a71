//! A line between a process and its database that can be cut: from then on nothing passes and nobody is told, as
//! when a cable is pulled. Once it is whole again what was under way goes on its way.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The line; it ends when this is dropped.
pub struct Relay {
    address: SocketAddr,
    state: watch::Sender<State>,
    _passing: JoinSet<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Whole,
    Cut,
}

impl Relay {
    /// A line to a server, by its `host:port`.
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (state, seen) = watch::channel(State::Whole);
        let mut passing = JoinSet::new();
        passing.spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                while lines.try_join_next().is_some() {}
                lines.spawn(connect(near, server.clone(), seen.clone()));
            }
        });
        Self { address, state, _passing: passing }
    }

    /// Where the process connects.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Nothing passes from now on.
    pub fn is_cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Everything passes again.
    pub fn is_whole(&self) {
        self.state.send_replace(State::Whole);
    }
}

async fn connect(near: TcpStream, server: String, mut state: watch::Receiver<State>) {
    if state.wait_for(|now| *now == State::Whole).await.is_err() {
        return;
    }
    let Ok(far) = TcpStream::connect(&server).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = pass(near_read, far_write, state.clone()) => {}
        () = pass(far_read, near_write, state) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) {
    let mut bytes = vec![0; 1 << 16];
    loop {
        let Ok(length @ 1..) = from.read(&mut bytes).await else { return };
        if state.wait_for(|now| *now == State::Whole).await.is_err()
            || to.write_all(&bytes[..length]).await.is_err()
        {
            return;
        }
    }
}
