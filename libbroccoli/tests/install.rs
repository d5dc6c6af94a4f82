//! Tests of installed files, and how programs find them.

use std::path::Path;
use std::process::Command;

use super::support::{Folder, built, compiler, crate_folder, skipped};

fn output(program: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(program).args(args).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
}

#[test]
fn programs_build_with_the_output_of_broccoli_config() {
    let folder = Folder::new("install");
    let prefix = folder.0.join("prefix");
    let prefix = prefix.to_str().unwrap();
    let library = folder.0.join("library");
    std::fs::create_dir(&library).unwrap();
    std::fs::hard_link(built().join("libbroccoli.so"), library.join("libbroccoli.so")).unwrap();
    // It is large and not needed here.
    std::fs::write(library.join("libbroccoli.a"), "").unwrap();
    let script = crate_folder().join("install/install");
    let Ok(status) = Command::new("bash")
        .arg(script)
        .args(["--prefix", prefix, "--library"])
        .arg(&library)
        .status()
    else {
        return skipped("there is no bash");
    };
    assert!(status.success());

    let config = Path::new(prefix).join("bin/broccoli-config");
    let says = |args: &[&str]| output(&config, args);
    assert_eq!(says(&["--prefix"]), (Some(0), prefix.into()));
    assert_eq!(says(&["--version"]), (Some(0), "1.101".into()));
    assert_eq!(says(&["--cflags"]), (Some(0), format!("-I{prefix}/include -DBROCCOLI")));
    assert_eq!(says(&["--libs"]), (Some(0), format!("-L{prefix}/lib -lbroccoli")));
    assert_eq!(says(&["--config"]), (Some(0), format!("{prefix}/etc/broccoli.conf")));
    assert_eq!(says(&["--prefix=/x", "--libs"]), (Some(0), "-L/x/lib -lbroccoli".into()));
    let both = format!("-I{prefix}/include -DBROCCOLI -L{prefix}/lib -lbroccoli");
    assert_eq!(says(&["--cflags", "--libs"]), (Some(0), both.clone()));
    assert_eq!(says(&[]), (Some(1), String::new()));
    assert_eq!(says(&["--unknown"]), (Some(1), String::new()));
    let pc = std::fs::read_to_string(Path::new(prefix).join("lib/pkgconfig/broccoli.pc")).unwrap();
    assert!(pc.contains(&format!("prefix={prefix}\n")) && !pc.contains('@'), "{pc}");

    let Some(compiler) = compiler() else { return };
    let program = folder.0.join("program");
    let status = Command::new(compiler)
        .arg(crate_folder().join("tests/c/layout.c"))
        .args(both.split(' '))
        .arg("-o")
        .arg(&program)
        .status();
    assert!(status.unwrap().success());
    let status = Command::new(&program).env("LD_LIBRARY_PATH", format!("{prefix}/lib")).status();
    assert!(status.unwrap().success());
}
