//! Tests of all commands.

mod sources;

use clap::CommandFactory;

use super::*;
use sources::Tests;

/// Calls a closure with the name and the definition of each command that can be run.
fn each(command: &clap::Command, call: &mut impl FnMut(&[&str], &clap::Command)) {
    fn below<'a>(
        command: &'a clap::Command,
        names: &mut Vec<&'a str>,
        call: &mut impl FnMut(&[&str], &clap::Command),
    ) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            names.push(sub.get_name());
            if sub.has_subcommands() {
                below(sub, names, call);
            } else {
                call(names, sub);
            }
            names.pop();
        }
    }
    below(command, &mut Vec::new(), call);
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_documents_its_exit_codes() {
    each(&Cli::command(), &mut |names, command| {
        let help = command.clone().render_long_help().to_string();
        assert!(help.contains("Exit codes:\n"), "{names:?}");
    });
}

/// Checks that each example in a help text parses. `tests/cli/examples.rs` runs them.
#[test]
fn every_example_parses() {
    let mut cli = Cli::command();
    let mut helps = vec![cli.render_long_help().to_string()];
    helps.push(cli.find_subcommand_mut("state").unwrap().render_long_help().to_string());
    each(&Cli::command(), &mut |_, command| {
        helps.push(command.clone().render_long_help().to_string());
    });
    let mut count = 0;
    for help in &helps {
        let Some((_, examples)) = help.split_once("Examples:\n") else { continue };
        for line in examples.lines().take_while(|line| line.starts_with("  ")) {
            let Some(at) = line.find("brocomm ") else { continue };
            if let Err(error) = Cli::try_parse_from(words(&line[at..])) {
                panic!("{line}: {error}");
            }
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

/// Splits a command as a shell does, up to a pipe, a redirection, another command, or two spaces
/// and a remark.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), false);
    let mut rest = command.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' => quote = !quote,
            ' ' if !quote => {
                words.push(std::mem::take(&mut word));
                if rest.peek().is_some_and(|next| " |>&<".contains(*next)) {
                    return words;
                }
            }
            c => word.push(c),
        }
    }
    words.push(word);
    words
}

/// Checks that a test in `tests/cli` runs each command and uses each option. Such a test, or a
/// function that it calls, contains the names of the command and of the option as string literals,
/// the option optionally with `=` and a value.
#[test]
fn every_option_is_tested() {
    let (tests, mut untested) = (Tests::read().all(), Vec::new());
    each(&Cli::command(), &mut |names, command| {
        let of_command: Vec<_> = tests.iter().filter(|test| test.says(names)).collect();
        if of_command.is_empty() {
            untested.push(names.join(" "));
        }
        for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
            let long = arg.get_long().map(|long| format!("--{long}"));
            let short = arg.get_short().map(|short| format!("-{short}"));
            let Some(option) = long.or(short) else { continue };
            if !of_command.iter().any(|test| test.gives(&option)) {
                untested.push(format!("{} {option}", names.join(" ")));
            }
        }
    });
    assert_eq!(untested, [""; 0]);
}
