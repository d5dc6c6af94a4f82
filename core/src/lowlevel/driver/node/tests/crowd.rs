//! Many busy connections.

use super::*;

/// A connection of the node, its driver, and the peer.
struct Link {
    socket: SocketDriver,
    driving: Arc<Sleeper>,
    peer: Connection,
}

impl Link {
    /// Performs the driver's steps until it waits. Returns how often it read or wrote.
    fn carry(&mut self, driver: &mut NodeDriver, buffer: &mut [u8]) -> usize {
        let waker = Waker::from(Arc::clone(&self.driving));
        let mut calls = 0;
        self.socket.feed_ready();
        loop {
            match self.socket.poll_step(driver, buffer, NOW, &waker) {
                Step::Write(bytes) => {
                    let written = bytes.len();
                    self.peer.feed_bytes(bytes, NOW);
                    while self.peer.poll_notification().is_some() {}
                    self.socket.feed_write(Ok(written));
                }
                Step::Read => {
                    let sent = self.peer.poll_transmit();
                    let read = sent.len().min(buffer.len());
                    buffer[..read].copy_from_slice(&sent[..read]);
                    self.peer.advance(read, NOW);
                    let is_empty = read == 0;
                    let result =
                        if is_empty { Err(ErrorKind::WouldBlock.into()) } else { Ok(read) };
                    self.socket.feed_read(result);
                }
                Step::Wait { .. } => break,
                step => panic!("{step:?}"),
            }
            calls += 1;
            settle(driver);
        }
        settle(driver);
        calls
    }
}

const PEERS: u16 = 200;
const EACH: u64 = 100;
const EVENTS: usize = PEERS as usize * EACH as usize;

#[test]
fn events_of_many_busy_connections_take_few_wake_ups_and_calls_each() {
    let incoming_total = Bound::new(EVENTS / 4, 1 << 30);
    let options = Options { incoming: queue(EVENTS), incoming_total, ..Options::default() };
    let here = Ipv4Addr::LOCALHOST.into();
    let wants = PeerConfig { events: Some("e".parse().unwrap()), ..PeerConfig::new(here) };
    let mut declarations = Declarations::new();
    declarations.read("global e: event(n: count);").unwrap();
    let nodes = vec![("peer".to_owned(), wants)];
    let configuration = NodeConfig { options, nodes, declarations: Arc::new(declarations) };
    let mut driver = NodeDriver::new(NodeMachine::new(configuration).unwrap());
    let (mut ticket, taking) = (Ticket::default(), Arc::<Sleeper>::default());
    driver.subscribe(&mut ticket, Subscription::new("taker").bound(Bound::new(10, 1 << 20)));
    driver.communication_mut().start(NOW);
    // As if the input came in parts.
    let mut buffer = vec![0; 1000];
    let mut links: Vec<Link> = (0..PEERS)
        .map(|n| {
            let from = Endpoint::new(here, 50_000 + n);
            let id = driver.communication_mut().feed_accepted(from, NOW).unwrap();
            let config = ConnectionConfig {
                requests: Requests { events: vec!["e".into()], ..Requests::default() },
                undeclared: Undeclared::Deliver,
                ..ConnectionConfig::default()
            };
            let peer = Connection::new(config, Role::Initiator, NOW);
            Link { socket: SocketDriver::new(id), driving: Arc::default(), peer }
        })
        .collect();
    for link in &mut links {
        link.carry(&mut driver, &mut buffer);
        assert_eq!(link.peer.phase(), Phase::Running);
        for n in 0..EACH {
            assert_eq!(link.peer.send_event(&event(n)), Ok(Sent::Sent));
        }
        // The input that arrives wakes it.
        link.driving.0.store(1, Ordering::Relaxed);
    }
    let waker = Waker::from(Arc::clone(&taking));
    let (mut taken, mut wakes, mut calls) = (0, 0, 0);
    while taken < EVENTS {
        if let Poll::Ready(next) = driver.poll_notification(&mut ticket, &waker) {
            taken += usize::from(matches!(next, Some(Notification::Event { .. })));
        }
        settle(&mut driver);
        // The tasks of connections run at the same time.
        for link in links.iter_mut().filter(|link| link.driving.woken() > 0) {
            wakes += 1;
            calls += link.carry(&mut driver, &mut buffer);
        }
        wakes += taking.woken();
    }
    assert!(wakes < EVENTS / 5, "{wakes} wake-ups for {EVENTS} events");
    assert!(calls < EVENTS / 5, "{calls} reads and writes for {EVENTS} events");
}
