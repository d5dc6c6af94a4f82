//! Checks each configuration in the book.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::pages::{Page, pages};
use crate::program::run;

/// Checks a configuration in a folder.
fn check(folder: &Path, text: &str, page: &Page) {
    let file = folder.join("node.toml");
    fs::write(&file, text).expect("the folder is writable");
    let output = run(&["config".to_owned(), "check".to_owned(), file.display().to_string()]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}:\n{text}\n{stderr}", page.name());
}

/// Creates the files that a TLS configuration names.
fn certify(folder: &Path) {
    let params = || CertificateParams::new(Vec::new()).expect("an empty list of names is valid");
    let mut authority = params();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = || KeyPair::generate().expect("a key can be generated");
    let authority = CertifiedIssuer::self_signed(authority, key()).expect("it is valid");
    let own = key();
    let manager =
        params().signed_by(&own, &authority).expect("it is valid").pem() + &own.serialize_pem();
    fs::write(folder.join("ca.pem"), authority.pem()).expect("the folder is writable");
    fs::write(folder.join("manager.pem"), manager).expect("the folder is writable");
}

/// Checks each TOML block as the configuration of a node, unless it is marked `toml,cargo`. For
/// `toml,certificates` the folder contains `ca.pem` and `manager.pem`. A block marked `bro,file=NAME`
/// or `zeek,file=NAME` is a file in the folder of the configurations of its page.
#[test]
fn each_configuration_is_valid() {
    let mut checked = 0;
    for (number, page) in pages().into_iter().enumerate() {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("configurations-{number}"));
        fs::create_dir_all(&folder).expect("the folder can be created");
        for (attributes, text) in page.blocks("bro") {
            if let Some(name) = attributes.iter().find_map(|it| it.strip_prefix("file=")) {
                fs::write(folder.join(name), &text).expect("the folder is writable");
                check(&folder, &format!("listen = true\ndeclaration_files = ['{name}']"), &page);
                checked += 1;
            }
        }
        for (attributes, text) in page.blocks("zeek") {
            if let Some(name) = attributes.iter().find_map(|it| it.strip_prefix("file=")) {
                fs::write(folder.join(name), &text).expect("the folder is writable");
            }
        }
        for (attributes, text) in page.blocks("toml") {
            if attributes.iter().any(|it| it == "cargo") {
                continue;
            }
            if attributes.iter().any(|it| it == "certificates") {
                certify(&folder);
            }
            check(&folder, &text, &page);
            checked += 1;
        }
    }
    assert!(checked > 0);
}

#[test]
fn the_reference_is_the_program_output() {
    let output = run(&["config".to_owned(), "reference".to_owned()]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let pages = pages();
    let page = pages.iter().find(|page| page.name() == "src/operations/configuration.md");
    let page = &page.expect("the page exists").text;
    assert!(
        *page == String::from_utf8_lossy(&output.stdout),
        "update it: brocomm config reference > docs/src/operations/configuration.md"
    );
}
