//! Two nodes with many connections between them, run by a simulated single thread, to count calls
//! of the system and wake-ups. The counts depend on nothing else, so they repeat.

use super::*;

const CONNECTIONS: usize = 200;
const EVENTS: usize = 200;

/// The number of bytes that a socket accepts while the peer reads nothing.
const SOCKET: usize = 64 << 10;

/// The number of bytes that an application raises before it lets others work, as transports do.
const TURN: usize = 64 << 10;

/// The calls of the system and the wake-ups for 100,000 events received, as counted last. A change
/// may take 3 % more. Record less if it takes less.
const CALLS: usize = 1000;
const WAKES: usize = 1000;

/// One end of a connection.
struct End {
    socket: SocketDriver,
    task: Arc<Sleeper>,
    /// What the other end has written and this one has not read.
    incoming: Vec<u8>,
    /// Whether this end waits until the other one has read something.
    is_blocked: bool,
}

struct Side {
    driver: NodeDriver,
    ends: Vec<End>,
}

struct Network {
    sides: [Side; 2],
    buffer: Vec<u8>,
    calls: usize,
    wakes: usize,
}

impl Side {
    fn new(options: Options, node: &PeerConfig, number: usize) -> Side {
        let mut declarations = Declarations::new();
        declarations.read("global e: event(n: count);").unwrap();
        let nodes = (0..number).map(|n| (format!("peer{n}"), node.clone())).collect();
        let configuration = NodeConfig { options, nodes, declarations: Arc::new(declarations) };
        let mut driver = NodeDriver::new(NodeMachine::new(configuration).unwrap());
        driver.communication_mut().start(NOW);
        settle(&mut driver);
        Side { driver, ends: Vec::new() }
    }

    fn add(&mut self, id: ConnectionId) {
        let task = Arc::new(Sleeper(AtomicUsize::new(1)));
        let socket = SocketDriver::new(id);
        self.ends.push(End { socket, task, incoming: Vec::new(), is_blocked: false });
    }
}

impl Network {
    /// Connects the nodes. The second requests the events of the first.
    fn new() -> Network {
        let here = Ipv4Addr::LOCALHOST.into();
        let wants = PeerConfig { events: Some("e".parse().unwrap()), ..PeerConfig::new(here) };
        let connects = PeerConfig { connect: true, ..wants };
        let mut sides = [
            Side::new(Options::default(), &PeerConfig::new(here), 1),
            Side::new(Options::default(), &connects, CONNECTIONS),
        ];
        let [from, to] = &mut sides;
        while let Task::Do(Action::Connect { connection, .. }) =
            to.driver.poll_task(NOW, Waker::noop())
        {
            to.driver.communication_mut().feed_connected(connection, NOW);
            to.add(connection);
            let endpoint = Endpoint::new(here, 50_000);
            let accepted = from.driver.communication_mut().feed_accepted(endpoint, NOW);
            from.add(accepted.unwrap());
        }
        let mut network = Network { sides, buffer: vec![0; BLOCK], calls: 0, wakes: 0 };
        while network.run() {}
        assert_eq!(network.sides[0].driver.communication().running_peers().count(), CONNECTIONS);
        (network.calls, network.wakes) = (0, 0);
        network
    }

    /// Runs each task that was woken once. Returns whether there was one.
    fn run(&mut self) -> bool {
        let Network { sides: [one, other], buffer, calls, wakes } = self;
        let before = *wakes;
        let mut run = |side: &mut Side, peer: &mut Side| {
            for (end, at) in side.ends.iter_mut().zip(0..) {
                if end.task.woken() > 0 {
                    *wakes += 1;
                    *calls += end.carry(&mut side.driver, &mut peer.ends[at], buffer);
                }
            }
        };
        run(one, other);
        run(other, one);
        *wakes > before
    }
}

impl End {
    /// Performs the driver's steps until it waits. Returns the number of calls of the system.
    fn carry(&mut self, driver: &mut NodeDriver, peer: &mut End, buffer: &mut [u8]) -> usize {
        let waker = Waker::from(Arc::clone(&self.task));
        let mut calls = 0;
        self.socket.feed_ready();
        if self.incoming.is_empty() {
            self.socket.feed_drained();
        }
        loop {
            let would_block = || Err(ErrorKind::WouldBlock.into());
            match self.socket.poll_step(driver, buffer, NOW, &waker) {
                Step::Write(bytes) => {
                    let room = SOCKET - peer.incoming.len();
                    let written = bytes.len().min(room);
                    peer.incoming.extend_from_slice(&bytes[..written]);
                    self.is_blocked = room == 0;
                    self.socket.feed_write(if room == 0 { would_block() } else { Ok(written) });
                    peer.task.0.store(1, Ordering::Relaxed);
                }
                Step::Read => {
                    let read = self.incoming.len().min(buffer.len());
                    buffer[..read].copy_from_slice(&self.incoming[..read]);
                    self.incoming.drain(..read);
                    self.socket.feed_read(if read == 0 { would_block() } else { Ok(read) });
                    // As transports do: a part of a block is all there is.
                    if read < buffer.len() {
                        self.socket.feed_drained();
                    }
                    if std::mem::take(&mut peer.is_blocked) {
                        peer.task.0.store(1, Ordering::Relaxed);
                    }
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

#[test]
fn events_to_many_connections_take_no_more_calls_and_wake_ups_than_recorded() {
    let mut network = Network::new();
    let (mut raising, mut taking) = (Ticket::default(), Ticket::default());
    let [raiser, taker]: [Arc<Sleeper>; 2] = Default::default();
    network.sides[1].driver.subscribe(&mut taking, Subscription::new("taker"));
    let (mut raised, mut taken, mut turn) = (0, 0, 0);
    let [raiser_waker, taker_waker] = [&raiser, &taker].map(|one| Waker::from(Arc::clone(one)));
    while taken < EVENTS * CONNECTIONS {
        while raised < EVENTS && turn < TURN {
            let (driver, mut next) = (&mut network.sides[0].driver, Some(event(raised as u64)));
            let Poll::Ready(begun) = driver.poll_raise(&mut raising, &mut next, NOW, &raiser_waker)
            else {
                break;
            };
            settle(driver);
            let mut raising = begun.unwrap();
            while raising.done().is_none() {
                driver.raise_further(&mut raising);
                settle(driver);
            }
            turn += raising.size();
            raised += 1;
        }
        turn = 0;
        network.run();
        let driver = &mut network.sides[1].driver;
        while let Poll::Ready(next) = driver.poll_notification(&mut taking, &taker_waker) {
            taken += usize::from(matches!(next, Some(Notification::Event { .. })));
            settle(driver);
        }
        network.wakes += raiser.woken() + taker.woken();
    }
    let each = |count: usize| count * 100_000 / (EVENTS * CONNECTIONS);
    for (what, count, recorded) in
        [("calls", each(network.calls), CALLS), ("wake-ups", each(network.wakes), WAKES)]
    {
        assert!(
            count * 100 <= recorded * 103,
            "{count} {what} for 100,000 events, {recorded} before"
        );
        assert!(count * 103 >= recorded * 100, "{count} {what} for 100,000 events: record less");
    }
}
