//! The peer of the tests as a program, to run C programs by hand. It prints its address.

#[path = "peer.rs"]
#[allow(dead_code, reason = "it only serves here")]
mod peer;

use std::io::Write;

fn main() {
    let peer = peer::Peer::start();
    let _ = writeln!(std::io::stdout(), "{}", peer.address);
    loop {
        std::thread::park();
    }
}
