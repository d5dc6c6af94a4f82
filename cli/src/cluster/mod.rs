//! `brocomm cluster`: reads BroControl's files about a cluster.

mod broctl_cfg;
mod check;
mod entries;
mod expand;
mod import;
mod ini;
mod layout;
mod model;
mod node_cfg;
mod problem;
mod show;
mod svg;

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, misused, reason, tell, warn};
use broctl_cfg::BroctlCfg;
use model::Cluster;
pub(crate) use model::Member;
use node_cfg::Found;
use problem::Problem;

/// Reads the nodes of a Bro cluster from BroControl's files.
///
/// FILE is BroControl's node.cfg, or the cluster-layout.bro or standalone-layout.bro that it
/// generates.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Import(import::Args),
    Show(show::Args),
    Check(check::Args),
}

/// The files of a cluster.
#[derive(Debug, clap::Args)]
struct Files {
    /// A node.cfg, cluster-layout.bro or standalone-layout.bro of BroControl 1.7.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The broctl.cfg with the ports; the one beside node.cfg by default, if there is one.
    #[arg(long, value_name = "FILE")]
    broctl_cfg: Option<PathBuf>,
}

impl Files {
    fn load(&self) -> Result<Cluster, Failure> {
        load(&self.file, self.broctl_cfg.as_deref())
    }
}

/// Runs the subcommand.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    match &args.command {
        Command::Import(args) => import::run(args, out),
        Command::Show(args) => show::run(args, out),
        Command::Check(args) => check::run(args, out),
    }
}

/// Reads a cluster, and reports the errors in its files.
pub(crate) fn load(file: &Path, broctl_cfg: Option<&Path>) -> Result<Cluster, Failure> {
    let shown = file.display();
    let text = crate::file::read_text(file)
        .map_err(|error| misused(format_args!("{shown}: cannot read it: {}", reason(&error))))?;
    if is_script(&text) {
        return layout::read(&text).map_err(|problem| tell_all(file, &[problem]));
    }
    let cfg = read_broctl_cfg(file, broctl_cfg)?;
    let mut found = Found::default();
    let cluster = node_cfg::read(&text, &cfg, &mut found);
    found.warnings.sort_by_key(|problem| problem.line);
    found.warnings.dedup_by_key(|problem| problem.line);
    found.warnings.iter().for_each(|problem| warn(format_args!("{shown}:{problem}")));
    match cluster {
        Some(cluster) => Ok(cluster),
        None => {
            found.problems.sort_by_key(|problem| problem.line);
            Err(tell_all(file, &found.problems))
        }
    }
}

fn tell_all(file: &Path, problems: &[Problem]) -> Failure {
    problems.iter().for_each(|problem| tell(format_args!("{}:{problem}", file.display())));
    Failure::Usage
}

/// Returns whether a text is a script rather than a node.cfg.
fn is_script(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with("redef ") || line.starts_with('@'))
}

/// Reads the given broctl.cfg, or the one beside a node.cfg.
fn read_broctl_cfg(file: &Path, given: Option<&Path>) -> Result<BroctlCfg, Failure> {
    let path = given.map_or_else(|| file.with_file_name("broctl.cfg"), Path::to_owned);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && given.is_none() => {
            return Ok(BroctlCfg::default());
        }
        Err(error) => {
            let why = reason(&error);
            return Err(misused(format_args!("{}: cannot read it: {why}", path.display())));
        }
    };
    let mut problems = Vec::new();
    let cfg = BroctlCfg::read(&text, &mut problems);
    if problems.is_empty() { Ok(cfg) } else { Err(tell_all(&path, &problems)) }
}
