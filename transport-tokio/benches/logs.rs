//! Log entries through two nodes on the loopback interface, compared with a plain copy of the same
//! bytes in the same run. Only the ratio is comparable between machines.
//!
//! ```text
//! cargo bench -p brocomm-tokio --bench logs
//! ENTRIES=100000 cargo bench -p brocomm-tokio --bench logs
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

#[path = "../tests/conn_log/mod.rs"]
mod conn_log;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ENTRIES: u64 = 1_000_000;

/// The number of measurements of each kind. The best one counts, since other programs may be
/// running.
const ROUNDS: usize = 3;

/// The block size of the plain copy.
const PIECE: usize = 64 << 10;

/// Sends entries through two nodes. Returns the time and the number of bytes sent.
async fn nodes(entries: u64) -> (Duration, u64) {
    let [(sender, _told), (receiver, mut notifications)] = conn_log::pair().await;
    let begun = Instant::now();
    let reading = tokio::spawn(async move {
        conn_log::read(&mut notifications, entries, false).await;
        notifications
    });
    conn_log::write(&sender, entries).await;
    let _told = reading.await.expect("all entries arrive");
    let passed = begun.elapsed();
    let counters = receiver.with(|node, _| {
        let peer = node.peers().next().expect("there is the sender").id;
        node.counters(peer).expect("there is the sender")
    });
    (passed, counters.connection.input.bytes)
}

/// Sends the same number of bytes over a plain connection. Returns the time.
async fn copy(bytes: u64) -> std::io::Result<Duration> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let writing = async move {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let piece = vec![b'x'; PIECE];
        let mut left = bytes;
        while left > 0 {
            let length = PIECE.min(usize::try_from(left).unwrap_or(PIECE));
            stream.write_all(&piece[..length]).await?;
            left -= length as u64;
        }
        stream.shutdown().await
    };
    let begun = Instant::now();
    let writing = tokio::spawn(writing);
    let (mut stream, _) = listener.accept().await?;
    let (mut piece, mut came) = (vec![0; PIECE], 0);
    loop {
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            break;
        }
        came += read as u64;
    }
    assert_eq!(came, bytes);
    writing.await??;
    Ok(begun.elapsed())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    let entries = std::env::var("ENTRIES")
        .map_or(ENTRIES, |entries| entries.parse().expect("ENTRIES is a number"));
    let (mut with_nodes, mut plain, mut bytes) = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..ROUNDS {
        let (passed, transferred) = nodes(entries).await;
        with_nodes = with_nodes.min(passed);
        plain = plain.min(copy(transferred).await?);
        bytes = transferred;
    }
    let per_second = |time: Duration| entries as f64 / time.as_secs_f64();
    println!("{entries} entries of {} bytes, best of {ROUNDS}", bytes / entries);
    println!("nodes: {:.0} entries/s", per_second(with_nodes));
    println!("plain copy: {:.0} entries/s", per_second(plain));
    println!("ratio: {:.4}", plain.as_secs_f64() / with_nodes.as_secs_f64());
    Ok(())
}
