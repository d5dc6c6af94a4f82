//! Runs the profile `broccoli` of the conformance suite against a program in C.

use std::time::Duration;

use brocomm_conformance::suite::{
    Connecting, Profile, Selection, Settings, Started, Verdict, cases,
};

use super::support::Folder;

#[test]
fn a_program_in_c_passes_the_suite() {
    let folder = Folder::new("conformance");
    let Some(program) = folder.compile("conformance") else { return };
    let to = Connecting::to(([127, 0, 0, 1], 0).into()).unwrap();
    let mut implementation = Started::connecting(program.to_str().unwrap(), to);
    let selection = Selection { profile: Profile::BROCCOLI, ..Selection::default() };
    let settings = Settings { patience: Duration::from_secs(20), ..Settings::default() };
    let mut passed = 0;
    for case in cases() {
        let report = selection.run(&case, &mut implementation, &settings);
        match report.verdict {
            Verdict::Passed => passed += 1,
            Verdict::Skipped(_) => {}
            _ => panic!("{report}"),
        }
    }
    assert!(passed > 150, "only {passed} cases were run");
}
