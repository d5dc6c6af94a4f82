//! Events, tables and logs with Rust types. The tests of `brocomm-std` cover the details; only the
//! way of waiting differs.

use std::net::IpAddr;

use brocomm_tokio::{Change, Enum, Event, Node, Record};
use futures_lite::StreamExt;

#[derive(Debug, Clone, Copy, PartialEq, Enum)]
enum Kind {
    Address,
}

#[derive(Debug, Clone, PartialEq, Record)]
#[bro(log)]
struct Scan {
    host: IpAddr,
    kind: Kind,
}

#[derive(Debug, PartialEq, Event)]
struct ScanSeen {
    scan: Scan,
}

#[derive(Debug, PartialEq, Event)]
struct Block {
    host: IpAddr,
}

#[tokio::test]
async fn events_tables_and_logs_have_rust_types() {
    let manager = Node::builder()
        .send::<ScanSeen>()
        .receive::<Block>()
        .table::<IpAddr, String>("blocked")
        .log::<Scan>("scans")
        .listen("127.0.0.1:0")
        .accept("127.0.0.1")
        .start()
        .unwrap();
    let address = manager.listening().await.unwrap().to_string();
    let client = Node::builder()
        .receive::<ScanSeen>()
        .send::<Block>()
        .table::<IpAddr, String>("blocked")
        .receive_logs()
        .connect(&address)
        .start()
        .unwrap();
    let mut scans = client.events::<ScanSeen>().unwrap();
    let mut entries = client.log_entries().unwrap();
    let mut scan_log = client.logs::<Scan>("scans").unwrap();
    let mut blocks = manager.events::<Block>().unwrap();
    let blocked = client.table::<IpAddr, String>("blocked").unwrap();
    let mut changes = blocked.changes();
    let log = manager.log("scans").unwrap();
    assert_eq!(log.requested().await, manager.requested::<ScanSeen>().await);
    client.requested::<Block>().await.unwrap();

    let host = IpAddr::from([10, 0, 0, 1]);
    let scan = Scan { host, kind: Kind::Address };
    manager.raise(ScanSeen { scan: scan.clone() }).await.unwrap();
    let seen = StreamExt::next(&mut scans).await.unwrap().unwrap().1;
    assert_eq!(seen.scan, scan);
    client.raise(Block { host }).await.unwrap();
    assert_eq!(blocks.next().await.unwrap().unwrap().1, Block { host });

    manager.table::<IpAddr, String>("blocked").unwrap().insert(&host, "scans").unwrap();
    let is_set = |change: &Result<Change<_, _>, _>| !matches!(change, Ok(Change::Replaced));
    let change = changes.find(is_set).await.unwrap();
    assert_eq!(change, Ok(Change::Set(host, "scans".to_owned())));
    assert_eq!(blocked.get(&host), Ok(Some("scans".to_owned())));

    assert_eq!(log.write(&scan).await.unwrap().peers, 1);
    manager.flush(std::time::Duration::from_secs(60)).await;
    let (_, entry) = StreamExt::next(&mut entries).await.unwrap();
    assert_eq!(entry.get("host"), Some(&host.into()));
    assert_eq!(scan_log.try_next().await.unwrap().unwrap().1, scan);
    manager.terminate().await;
    client.terminate().await;
}
