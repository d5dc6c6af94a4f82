//! The two nodes and what they exchange.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use brocomm_std::brocomm::Time;
use brocomm_std::brocomm::data::{EventType, Port};
use brocomm_std::brocomm::logs::AsciiFormat;
use brocomm_std::brocomm::node::{Bound, Endpoint};
use brocomm_std::{Change, Event, Node, Record};

use crate::{DemoError, Section, deadline};

/// An event of the sensor: a host tried these ports.
#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) struct ScanSeen {
    host: IpAddr,
    ports: Vec<Port>,
}

/// An event of the manager: block a host for some time.
#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) struct Block {
    host: IpAddr,
    interval: Duration,
}

/// The event that measures the speed.
#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) struct Ping {
    pub(crate) number: u64,
}

/// The answer to a [`Ping`].
#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) struct Pong {
    pub(crate) number: u64,
}

/// An entry of the log `scans`.
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Scan::Info")]
#[bro(log)]
struct Scan {
    ts: Time,
    host: IpAddr,
    ports: Vec<Port>,
}

/// Two connected nodes.
pub(crate) struct Pair {
    pub(crate) manager: Node,
    pub(crate) sensor: Node,
    pub(crate) address: Endpoint,
}

impl Pair {
    pub(crate) fn start() -> Result<Pair, DemoError> {
        let manager = Node::builder()
            .name("manager")
            .receive::<ScanSeen>()
            .receive::<Ping>()
            .send::<Block>()
            .send::<Pong>()
            .table::<IpAddr, String>("blocked")
            .receive_logs()
            .listen("127.0.0.1:0")
            .accept("127.0.0.1")
            .start()?;
        let address = manager.listening(deadline()).ok_or("the manager does not listen")?;
        let sensor = Node::builder()
            .name("sensor")
            .send::<ScanSeen>()
            .send::<Ping>()
            .receive::<Block>()
            .receive::<Pong>()
            .table::<IpAddr, String>("blocked")
            .log::<Scan>("scans")
            // Keeps events that are raised while the manager is not connected.
            .connect_with(address.to_string(), |manager| {
                manager.store_and_forward = Some(Bound::new(1000, 1 << 20));
            })
            .start()?;
        let pair = Pair { manager, sensor, address };
        pair.connected()?;
        Ok(pair)
    }

    /// Waits until the nodes are connected.
    fn connected(&self) -> Result<(), DemoError> {
        self.sensor.connected(deadline()).ok_or("the sensor did not connect")?;
        self.manager.connected(deadline()).ok_or("the manager did not connect")?;
        Ok(())
    }

    /// Sends an event in each direction.
    pub(crate) fn events(&self) -> Result<Section, DemoError> {
        let mut section = Section::new("Events in both directions");
        let mut scans = self.manager.events::<ScanSeen>()?;
        let mut blocks = self.sensor.events::<Block>()?;
        let scan = ScanSeen { host: [10, 0, 0, 7].into(), ports: ports() };
        self.sensor.raise(&scan, deadline())?;
        let (_, seen) = scans.next(deadline()).ok_or("scan_seen did not arrive")??;
        section.line(format!("manager gets {}", shown(&seen)));
        section.expect("scan_seen", scan, seen.clone());
        let block = Block { host: seen.host, interval: Duration::from_secs(300) };
        self.manager.raise(&block, deadline())?;
        let (_, got) = blocks.next(deadline()).ok_or("block did not arrive")??;
        section.line(format!("sensor gets  {}", shown(&got)));
        section.expect("block", block, got);
        Ok(section)
    }

    /// Changes a shared table.
    pub(crate) fn table(&self) -> Result<Section, DemoError> {
        let mut section = Section::new("A synchronized table: blocked: table[addr] of string");
        let [manager, sensor] = [&self.manager, &self.sensor].map(|node| node.table("blocked"));
        let (manager, sensor) = (manager?, sensor?);
        let mut changes = sensor.changes();
        let host = IpAddr::from([10, 0, 0, 7]);
        let mut change = |section: &mut Section, expected: Change<IpAddr, String>| {
            // The whole table was sent when the connection was established.
            let next = std::iter::from_fn(|| changes.next(deadline()))
                .find(|change| !matches!(change, Ok(Change::Replaced)));
            let found = next.ok_or("no change of the table arrived")??;
            section.expect("blocked", expected, found);
            Ok::<_, DemoError>(())
        };
        section.line(format!("manager sets {host} to \"scans ports\""));
        manager.insert(&host, "scans ports")?;
        change(&mut section, Change::Set(host, "scans ports".to_owned()))?;
        section.line(format!("sensor has   {}", entries(&sensor.entries()?)));
        section.line(format!("manager removes {host}"));
        manager.remove(&host)?;
        change(&mut section, Change::Removed(host))?;
        section.line(format!("sensor has   {}", entries(&sensor.entries()?)));
        Ok(section)
    }

    /// Writes a log entry on the sensor, and formats the entry that the manager receives.
    pub(crate) fn log(&self) -> Result<Section, DemoError> {
        let mut section =
            Section::new("A log of the sensor, as the manager writes it to scans.log");
        let mut arriving = self.manager.log_entries()?;
        let scan = Scan {
            ts: Time::from_secs_f64(1_500_000_000.25),
            host: [10, 0, 0, 7].into(),
            ports: ports(),
        };
        self.sensor.log("scans")?.write(&scan, deadline())?;
        self.sensor.flush(Duration::from_secs(60));
        let (_, entry) = arriving.next(deadline()).ok_or("the entry did not arrive")?;
        let mut text = Vec::new();
        let format = AsciiFormat::default();
        format.open(&entry.writer.path, &entry.writer.fields, scan.ts, &mut text);
        format.entry(&entry.values, &mut text);
        // The lines before these describe the format of the file.
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().skip_while(|l| !l.starts_with("#fields")).collect();
        section.expect("lines of the log", 3, lines.len());
        lines.iter().for_each(|line| section.line(line.replace('\t', " ")));
        Ok(section)
    }

    /// Closes the connection and waits until it is back.
    pub(crate) fn lost_connection(&self) -> Result<Section, DemoError> {
        let mut section = Section::new("A lost connection");
        let mut scans = self.manager.events::<ScanSeen>()?;
        let sensor = self.manager.connected(deadline()).ok_or("the sensor is not connected")?;
        self.manager.disconnect(sensor.id)?;
        while self.sensor.with(|node, _| node.running_peers().next().is_some()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let lost = Instant::now();
        section.line("manager closes the connection; sensor still raises 3 events");
        let raised: Vec<ScanSeen> = (1..=3)
            .map(|host| ScanSeen { host: [10, 0, 0, host].into(), ports: ports() })
            .collect();
        for scan in &raised {
            self.sensor.raise(scan, deadline())?;
        }
        let mut found = Vec::new();
        while found.len() < raised.len() {
            let (_, scan) = scans.next(deadline()).ok_or("an event was lost")??;
            found.push(scan);
        }
        let seconds = lost.elapsed().as_secs_f64();
        section.line(format!(
            "connected again after {seconds:.1} s; manager gets {} of {}",
            found.len(),
            raised.len(),
        ));
        section.expect("events after the connection came back", raised, found);
        self.connected()?;
        Ok(section)
    }

    pub(crate) fn stop(self) {
        self.sensor.terminate();
        self.manager.terminate();
    }
}

fn ports() -> Vec<Port> {
    [22, 80, 443].map(Port::tcp).into()
}

/// Formats an event as a call.
fn shown(event: &impl EventType) -> String {
    let event = event.to_event();
    let args: Vec<String> = event.args.iter().map(ToString::to_string).collect();
    format!("{}({})", event.name, args.join(", "))
}

fn entries(entries: &[(IpAddr, String)]) -> String {
    let entries: Vec<String> =
        entries.iter().map(|(host, why)| format!("{host} = {why:?}")).collect();
    format!("{{{}}}", entries.join(", "))
}
