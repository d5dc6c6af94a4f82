//! Many log entries through two nodes.

use std::time::Duration;

use tokio::time::timeout;

use crate::conn_log;

/// The default number of entries. The environment variable `ENTRIES` overrides it.
const ENTRIES: u64 = 50_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_arrive_complete_and_in_order() {
    let entries = std::env::var("ENTRIES").map_or(ENTRIES, |entries| entries.parse().unwrap());
    let [(sender, _told), (receiver, mut notifications)] = conn_log::pair().await;
    let reading = tokio::spawn(async move {
        conn_log::read(&mut notifications, entries, true).await;
        notifications
    });
    conn_log::write(&sender, entries).await;
    // Far longer than a passing test takes.
    let mut notifications = timeout(Duration::from_secs(600), reading).await.unwrap().unwrap();
    assert!(sender.terminate().await.is_empty());
    receiver.terminate().await;
    while let Some(notification) = notifications.next().await {
        let surplus = matches!(notification, brocomm::node::Notification::LogEntry { .. });
        assert!(!surplus, "{notification:?}");
    }
}
