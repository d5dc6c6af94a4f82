//! The command `serve`.

use std::net::SocketAddr;
use std::process::ExitCode;

use brocomm_conformance::own::{self, Mode, Transport};
use brocomm_conformance::suite::Entry;

use crate::running::{parse_address, parse_transport};

/// Runs brocomm's own node as IMPLEMENTING.md requires, to be tested from another process.
///
/// The node listens, or connects to CONFORMANCE_ADDRESS with the class in CONFORMANCE_CLASS.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_address)]
    listen: Option<SocketAddr>,

    /// The address to connect to.
    #[arg(long, value_name = "HOST:PORT", env = "CONFORMANCE_ADDRESS", value_parser = parse_address)]
    connect: Option<SocketAddr>,

    /// With --connect: the class to send.
    #[arg(long, value_name = "CLASS", env = "CONFORMANCE_CLASS", default_value = "")]
    class: String,

    /// The transport: std, tokio or async-std.
    #[arg(long, value_name = "TRANSPORT", default_value = "std", value_parser = parse_transport)]
    transport: Transport,
}

pub(crate) fn serve(args: &Args) -> ExitCode {
    let entry = Entry::ALL.iter().copied().find(|entry| entry.class() == args.class);
    let mode = match (args.listen, args.connect, entry) {
        (Some(address), _, _) => Mode::Listen(address),
        (None, Some(address), Some(entry)) => Mode::Connect(address, entry),
        (None, Some(_), None) => {
            eprintln!("no node with the class {:?}", args.class);
            return ExitCode::from(2);
        }
        (None, None, _) => {
            eprintln!("use --listen or --connect");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = own::serve(args.transport, mode) {
        eprintln!("{error}");
    }
    ExitCode::FAILURE
}
