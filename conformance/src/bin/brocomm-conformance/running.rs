//! The command `run`.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use brocomm::lowlevel::wire::Framing;
use brocomm_conformance::own::{Own, Transport};
use brocomm_conformance::suite::{
    Capability, Case, Connecting, Implementation, Level, Listening, Profile, Report, Role,
    Selection, Settings, Started, Verdict, cases,
};

use crate::tested::{Tested, VERDICTS, count};
use crate::{html, json, junit, text};

/// Runs cases against an implementation.
///
/// IMPLEMENTING.md lists what an implementation must do to be tested.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    choice: Choice,

    /// Run the cases in a random order with this seed.
    #[arg(long, value_name = "NUMBER")]
    shuffle: Option<u64>,

    /// Run all cases this number of times.
    #[arg(long, value_name = "TIMES", default_value_t = 1)]
    repeat: usize,

    /// Stop at the first must or should case that fails.
    #[arg(long)]
    fail_fast: bool,

    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,

    /// Write a report in JUnit's XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Write a report as one HTML page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Print the transcripts of failed cases.
    #[arg(long, short)]
    verbose: bool,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm-conformance run --self
  brocomm-conformance run --connect sensor.example:47757 --profile bro --html report.html
  brocomm-conformance run --listen 127.0.0.1:47757 --profile broccoli
  brocomm-conformance run --connect 127.0.0.1:47757 --start 'bro conformance.bro' --profile bro
  brocomm-conformance run --self --transport all --html report.html

Exit codes:
  0  every must and should case that was run passed
  1  a must or should case failed
  2  the command line is wrong, there is nothing to test, or a report could not be written
  3  no must or should case failed, but some are inconclusive";

/// The implementation to test, and its capabilities.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    #[command(flatten)]
    target: Target,

    /// Start the implementation with this shell command: one that listens when nothing listens, one
    /// that connects for each connection, with CONFORMANCE_ADDRESS and CONFORMANCE_CLASS set. It is
    /// stopped with all processes that it started.
    #[arg(long, value_name = "COMMAND", conflicts_with = "own")]
    start: Option<String>,

    /// With --self: the transport.
    #[arg(long, value_name = "TRANSPORT", default_value = "std", value_parser = parse_transports)]
    transport: Transports,

    /// With --self: use TLS, with generated certificates.
    #[arg(long, requires = "own")]
    tls: bool,

    #[command(flatten)]
    capabilities: Capabilities,

    /// The time limit for an expected message, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0, value_parser = parse_seconds)]
    patience: f64,
}

impl Common {
    /// Returns its capabilities.
    pub(crate) fn capabilities(&self) -> Vec<Capability> {
        let Capabilities { profile, without } = &self.capabilities;
        let can = |capability: &&Capability| !without.contains(capability);
        profile.capabilities.iter().filter(can).copied().collect()
    }

    /// Returns its profile.
    pub(crate) fn profile(&self) -> &'static Profile {
        self.capabilities.profile
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings { patience: Duration::from_secs_f64(self.patience), ..Settings::default() }
    }
}

/// The capabilities of an implementation.
#[derive(Debug, clap::Args)]
pub(crate) struct Capabilities {
    /// The kind of implementation: full, bro, bro-2.4, bro-2.3, bro-2.2, bro-2.1, bro-2.0,
    /// broccoli, libbroccoli.
    #[arg(long, value_name = "PROFILE", default_value = "full", value_parser = parse_profile)]
    profile: &'static Profile,

    /// Further capabilities that it lacks.
    #[arg(long, value_name = "CAPABILITY", value_delimiter = ',', value_parser = parse_capability)]
    without: Vec<Capability>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// Test an implementation that listens at this address.
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_address)]
    connect: Option<SocketAddr>,
    /// Test an implementation that connects to this address.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_address)]
    listen: Option<SocketAddr>,
    /// Test brocomm's own node, in both roles.
    #[arg(long = "self")]
    own: bool,
}

/// The selection of cases.
#[derive(Debug, clap::Args)]
pub(crate) struct Choice {
    /// Only these cases and sections: `1.5`, `3.7/12`, `2:6` for part 2 section 6.
    #[arg(long, value_name = "CASE", value_delimiter = ',')]
    only: Vec<String>,

    /// Not these cases and sections.
    #[arg(long, value_name = "CASE", value_delimiter = ',')]
    skip: Vec<String>,

    /// Only cases of this level: must, should, tolerated.
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', value_parser = parse_level)]
    level: Vec<Level>,
}

impl Choice {
    pub(crate) fn selection(&self, capabilities: &Capabilities) -> Selection {
        Selection {
            only: self.only.clone(),
            skip: self.skip.clone(),
            levels: self.level.clone(),
            profile: capabilities.profile.clone(),
            without: capabilities.without.clone(),
        }
    }
}

#[derive(Debug, Clone)]
struct Transports(Vec<Transport>);

fn parse_transports(text: &str) -> Result<Transports, String> {
    if text == "all" {
        return Ok(Transports(Transport::ALL.to_vec()));
    }
    let one = parse_transport(text).map(|transport| Transports(vec![transport]));
    one.map_err(|why| format!("{why}, or all"))
}

pub(crate) fn parse_transport(text: &str) -> Result<Transport, String> {
    let found = Transport::ALL.into_iter().find(|transport| transport.name() == text);
    found.ok_or_else(|| "expected std, tokio, async-std".to_owned())
}

pub(crate) fn parse_level(text: &str) -> Result<Level, String> {
    let found = Level::ALL.iter().copied().find(|level| level.name() == text);
    found.ok_or_else(|| "expected must, should or tolerated".to_owned())
}

fn parse_profile(text: &str) -> Result<&'static Profile, String> {
    let names = || Profile::ALL.iter().map(|profile| profile.name).collect::<Vec<_>>().join(", ");
    Profile::by_name(text).ok_or_else(|| format!("expected one of {}", names()))
}

fn parse_capability(text: &str) -> Result<Capability, String> {
    let names = || Capability::ALL.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ");
    let found = Capability::ALL.iter().copied().find(|capability| capability.name() == text);
    found.ok_or_else(|| format!("expected one of {}", names()))
}

pub(crate) fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let found = brocomm_transport::naming::resolve(&text).map_err(|error| error.to_string())?;
    found.first().copied().ok_or_else(|| "no such host".to_owned())
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    let right = (0.001..=3600.0).contains(&seconds);
    right.then_some(seconds).ok_or_else(|| "expected 0.001 to 3600".to_owned())
}

/// An implementation and its name, without the role.
pub(crate) type Named = (String, Box<dyn Implementation>);

/// Creates the implementations to test, and checks that they are reachable.
pub(crate) fn implementations(args: &Common) -> Result<Vec<Named>, String> {
    let mut implementations = made(args).map_err(|error| error.to_string())?;
    for (what, implementation) in &mut implementations {
        let until = Instant::now() + args.settings().patience;
        implementation.begin(until).map_err(|error| format!("{what}: {error}"))?;
    }
    Ok(implementations)
}

fn made(args: &Common) -> io::Result<Vec<Named>> {
    let target = &args.target;
    if let Some(address) = target.connect {
        let implementation: Box<dyn Implementation> = match &args.start {
            Some(command) => Box::new(Started::listening(command, address)),
            None => Box::new(Listening::at(address)),
        };
        return Ok(vec![(format!("implementation at {address}"), implementation)]);
    }
    if let Some(address) = target.listen {
        let connecting = Connecting::to(address)?;
        let address = connecting.local_addr()?;
        let implementation: Box<dyn Implementation> = match &args.start {
            Some(command) => Box::new(Started::connecting(command, connecting)),
            None => Box::new(connecting),
        };
        return Ok(vec![(format!("implementation at {address}"), implementation)]);
    }
    let (framing, tls) = if args.tls { (Framing::Tls, " with TLS") } else { (Framing::Clear, "") };
    let mut own = Vec::new();
    for transport in &args.transport.0 {
        for role in Role::BOTH {
            let own_node = Own::start(*transport, role, framing)?;
            let implementation: Box<dyn Implementation> = Box::new(own_node);
            own.push((format!("brocomm over {transport}{tls}"), implementation));
        }
    }
    Ok(own)
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let selection = args.choice.selection(&args.common.capabilities);
    let mut cases: Vec<Case> = cases().into_iter().filter(|case| selection.wants(case)).collect();
    if cases.is_empty() {
        eprintln!("no such case; see `brocomm-conformance list`");
        return ExitCode::from(2);
    }
    // Fail early if a report cannot be written.
    for file in [&args.junit, &args.html].into_iter().flatten() {
        if let Err(error) = OpenOptions::new().create(true).append(true).open(file) {
            eprintln!("cannot write {}: {error}", file.display());
            return ExitCode::from(2);
        }
    }
    let implementations = match implementations(&args.common) {
        Ok(implementations) => implementations,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return ExitCode::from(2);
        }
    };
    let mut all_times = Vec::new();
    let mut random = args.shuffle.map(fastrand::Rng::with_seed);
    for _ in 0..args.repeat {
        if let Some(random) = &mut random {
            random.shuffle(&mut cases);
        }
        all_times.extend_from_slice(&cases);
    }
    let settings = args.common.settings();
    let begun = Instant::now();
    let mut all = Vec::new();
    for (what, mut implementation) in implementations {
        let mut tested = Tested { what, role: implementation.role(), reports: Vec::new() };
        if !args.json {
            println!("== {}", tested.name());
        }
        let reports = &mut tested.reports;
        for case in &all_times {
            if args.fail_fast && exit_code(reports.iter()) == 1 {
                break;
            }
            reports.push(carried_out(case, implementation.as_mut(), &selection, &settings, args));
        }
        reports.sort_by(|a, b| a.case.id.cmp(&b.case.id));
        all.push(tested);
    }
    if args.json {
        println!("{}", json::reports(&all));
    } else {
        println!("{}", summary(&all, begun.elapsed()));
    }
    let written = write(args.junit.as_deref(), || junit::reports(&all))
        && write(args.html.as_deref(), || html::page(&all, begun.elapsed()));
    let code = exit_code(all.iter().flat_map(|tested| &tested.reports));
    if written { ExitCode::from(code) } else { ExitCode::from(2) }
}

fn carried_out(
    case: &Case,
    implementation: &mut dyn Implementation,
    selection: &Selection,
    settings: &Settings,
    args: &Args,
) -> Report {
    let report = selection.run(case, implementation, settings);
    let dull = matches!(report.verdict, Verdict::Passed | Verdict::Skipped(_));
    if !args.json && (!dull || args.verbose || !io::stdout().is_terminal()) {
        println!("{}", text::report(&report, args.verbose));
    }
    report
}

fn write(file: Option<&std::path::Path>, text: impl FnOnce() -> String) -> bool {
    let Some(file) = file else { return true };
    let written = std::fs::write(file, text());
    if let Err(error) = &written {
        eprintln!("cannot write {}: {error}", file.display());
    }
    written.is_ok()
}

fn summary(all: &[Tested], took: Duration) -> String {
    let reports = || all.iter().flat_map(|tested| &tested.reports);
    let counts = VERDICTS.map(|verdict| format!("{} {verdict}", count(reports(), verdict)));
    format!("\n{} cases in {:.1} s: {}", reports().count(), took.as_secs_f64(), counts.join(", "))
}

fn exit_code<'a>(reports: impl Iterator<Item = &'a Report>) -> u8 {
    let mut code = 0;
    for report in reports.filter(|report| report.case.level != Level::Tolerated) {
        match report.verdict {
            Verdict::Failed(_) => return 1,
            Verdict::Inconclusive(_) => code = 3,
            _ => {}
        }
    }
    code
}
