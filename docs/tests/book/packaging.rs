//! Checks that the files in `packaging` match the program.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use crate::pages::checkout;
use crate::program::{brocomm, run};

/// The path of the installed program.
const INSTALLED: &str = "/usr/local/bin/brocomm";

const UNIT: &str = "systemd/brocomm.service";
const CONTAINER: &str = "container/Containerfile";

fn read(file: &str) -> String {
    fs::read_to_string(checkout().join("packaging").join(file)).expect(file)
}

/// Runs a command line with `--help` appended, which succeeds only if everything else is valid.
fn assert_parses(words: &[String]) {
    let (program, arguments) = words.split_first().expect("there is a command");
    assert_eq!(program, INSTALLED);
    assert!(arguments.len() > 1, "{words:?}");
    let output = run(&[arguments, &["--help".to_owned()]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}\n{stderr}");
}

#[test]
fn the_commands_of_the_unit_parse() {
    let unit = read(UNIT);
    let commands = unit.lines().filter_map(|line| line.strip_prefix("Exec")?.split_once('='));
    let mut checked = 0;
    for (_, command) in commands {
        assert_parses(&shlex::split(command).expect("its quotes are valid"));
        checked += 1;
    }
    assert_eq!(checked, 1);
}

#[test]
fn the_package_contains_what_the_script_builds() {
    let (script, manifest) = (read("deb/build"), checkout().join("cli/Cargo.toml"));
    let manifest = fs::read_to_string(manifest).unwrap();
    let assets = manifest.split("assets = [").nth(1).unwrap().split("\n]").next().unwrap();
    let sources: Vec<&str> = assets.lines().filter_map(|line| line.split('"').nth(1)).collect();
    assert!(sources.len() > 6, "{sources:?}");
    for source in sources {
        let Some(made) = source.strip_prefix("../target/deb/") else {
            assert!(
                source == "target/release/brocomm" || checkout().join("cli").join(source).exists()
            );
            continue;
        };
        let stem = made.split(['/', '.']).next().unwrap();
        let is_made = script.contains(&format!("$parts/{made}"))
            || script.contains(&format!("$parts/{stem}\""))
            || script.contains(&format!("$parts/{stem}.$shell"));
        assert!(is_made, "{made}");
    }
    // The program supports the commands in the script.
    for command in [&["man", "x"][..], &["completions", "zsh"], &["config", "example"]] {
        let words: Vec<String> =
            [command, &["--help"]].concat().iter().map(|word| word.to_string()).collect();
        assert!(run(&words).status.success(), "{command:?}");
    }
    assert!(read(UNIT).contains("/usr/local/bin/"), "the script replaces it");
}

#[test]
fn systemd_accepts_the_unit() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unit");
    fs::create_dir_all(&folder).expect("the folder can be created");
    let file = folder.join("brocomm.service");
    // It also checks that the program exists.
    let program = brocomm().display().to_string();
    fs::write(&file, read(UNIT).replace(INSTALLED, &program)).expect("the folder is writable");
    let verify = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&file).output();
    let output = match verify {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: systemd-analyze is not installed");
            return;
        }
        verify => verify.expect("systemd-analyze runs"),
    };
    // Other units on this machine may have errors as well.
    let stderr = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = stderr.lines().filter(|line| line.contains("brocomm")).collect();
    assert_eq!(ours, [""; 0]);
    assert!(output.status.success(), "{stderr}");
}

#[test]
fn the_command_of_the_container_parses() {
    let container = read(CONTAINER);
    let words = |instruction: &str| -> Vec<String> {
        let mut lines = container.lines().filter_map(|line| line.strip_prefix(instruction));
        let line = lines.next_back().unwrap_or_else(|| panic!("no {instruction}"));
        serde_json::from_str(line).expect("it is JSON")
    };
    assert_parses(&[words("ENTRYPOINT "), words("CMD ")].concat());
}

/// An attacker who takes over the program is an unprivileged user in an almost empty image.
#[test]
fn the_container_is_minimal_and_unprivileged() {
    let container = read(CONTAINER);
    let (build, image) = container.rsplit_once("\nFROM ").expect("it has two stages");
    assert!(build.contains("\nFROM ") && build.contains(" AS build\n"), "{build}");
    assert!(
        image.contains(&format!("\nCOPY --from=build /src/target/release/brocomm {INSTALLED}\n"))
    );
    assert!(image.contains("\nUSER nonroot\n") && !image.contains("\nRUN "), "{image}");
}
