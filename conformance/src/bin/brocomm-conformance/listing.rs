//! The commands `list` and `show`.

use std::process::ExitCode;

use brocomm_conformance::suite::{Case, Level, Role, Selection, cases};

use crate::running::{Capabilities, Choice, parse_level};

/// Lists the cases.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    capabilities: Capabilities,
}

/// Shows what a case does and what it expects.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The cases, such as `1.5/3` or `2:5/1`, or sections.
    #[arg(value_name = "CASE", required = true)]
    cases: Vec<String>,
    /// Only cases of this level.
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    level: Vec<Level>,
}

pub(crate) fn list(args: &ListArgs) -> ExitCode {
    let selection = args.choice.selection(&args.capabilities);
    let mut number = 0;
    for case in cases().iter().filter(|case| selection.wants(case)) {
        number += 1;
        println!("{:10} {:9} {}", case.id, case.level, case.title);
    }
    println!("{number} cases");
    ExitCode::SUCCESS
}

pub(crate) fn show(args: &ShowArgs) -> ExitCode {
    let only = args.cases.clone();
    let selection = Selection { only, levels: args.level.clone(), ..Selection::default() };
    let cases = cases();
    let mut shown = cases.iter().filter(|case| selection.wants(case)).peekable();
    if shown.peek().is_none() {
        eprintln!("no case {}; see `brocomm-conformance list`", args.cases.join(", "));
        return ExitCode::from(2);
    }
    for case in shown {
        println!("{}", described(case));
    }
    ExitCode::SUCCESS
}

/// Returns the description of a case.
fn described(case: &Case) -> String {
    let Case { id, level, title, description, role, entry, needs, .. } = case;
    let section = id.cited_section();
    let role = match role {
        Some(Role::Listens) => "implementations that listen",
        Some(Role::Connects) => "implementations that connect",
        None => "implementations that listen or connect",
    };
    let class = match entry.class() {
        "" => "no class".to_owned(),
        class => format!("class {class}"),
    };
    let needs = match needs.as_slice() {
        [] => "nothing beyond the echo".to_owned(),
        needs => needs.iter().map(|need| need.name()).collect::<Vec<_>>().join(", "),
    };
    format!(
        "{id}  {title}\n    level    {level}\n    section  {section}\n    for      {role}\n    \
         node     {entry:?}: {class}\n    needs    {needs}\n\n    {description}\n"
    )
}
