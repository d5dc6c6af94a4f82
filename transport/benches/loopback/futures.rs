//! Waiting in async benchmarks.
//!
//! The including file provides a module `of` with the parts that depend on the runtime.

use std::time::Duration;

use brocomm::data::Event;
use brocomm::node::Notification;

use crate::of::{AsyncReadExt, AsyncWriteExt, TcpListener};
pub(crate) use crate::of::{Node, Notifications, TcpStream as Stream, spawn, start};

pub(crate) async fn next(notifications: &mut Notifications) -> Notification {
    notifications.next().await.unwrap()
}

pub(crate) async fn raise(node: &Node, event: Event) {
    assert!(node.raise(event).await.unwrap().peers > 0);
}

pub(crate) async fn flush(node: &Node) {
    assert_eq!(node.flush(Duration::from_secs(60)).await, []);
}

pub(crate) async fn pair() -> (Stream, Stream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let one = Stream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (other, _) = listener.accept().await.unwrap();
    one.set_nodelay(true).unwrap();
    other.set_nodelay(true).unwrap();
    (one, other)
}

pub(crate) async fn read(stream: &mut Stream, buffer: &mut [u8]) -> usize {
    stream.read(buffer).await.unwrap()
}

pub(crate) async fn write_all(stream: &mut Stream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
}
