//! Tests with unmodified Bro scripts: as declarations, and imported as configurations.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Program, Run, brocomm, no_folder, run, scratch};

/// Creates a folder with scripts.
fn folder(test: &str, scripts: &[(&str, &str)]) -> PathBuf {
    let folder = no_folder(test);
    for (file, text) in scripts {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

/// Runs the program with a BROPATH.
fn run_with(bropath: &str, arguments: &[&str]) -> Run {
    let output = brocomm().args(arguments).env("BROPATH", bropath).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

const LOADS: &[(&str, &str)] = &[
    (
        "main.bro",
        "@load ./types\n@load base/notice\n@load extra\n@load base/notice\nmodule M;\n\
         export { redef enum Notice::Type += { Scan }; global seen: event(i: Info); }\n\
         redef record Info += { why: string &optional; };\n\
         event bro_init() &priority=5 { print \"}\", /}/; }\n\
         event M::seen(i: Info) { if ( i$n > 5 ) { print i; } }\n",
    ),
    ("types.bro", "module M; export { type Info: record { n: count; t: Notice::Type; }; }\n"),
    ("path/base/notice/__load__.bro", "@load ./main\n"),
    ("path/base/notice/main.bro", "module Notice; export { type Type: enum { Tally }; }\n"),
    ("path/extra.bro", "function f(n: count): count { return n / 2; }\n"),
];

#[test]
fn scripts_are_declarations() {
    // The dependency of `types` is loaded after it, which is an error, as in Bro.
    let wrong = folder("scripts-order", LOADS);
    let (main, path) = (wrong.join("main.bro"), wrong.join("path"));
    let declared = format!("--declarations={}", main.display());
    let send = ["send", "127.0.0.1:1", "M::seen([$n=7, $t=M::Scan, $why=\"x\"])", &declared];
    let failed = run_with(path.to_str().unwrap(), &send);
    assert_eq!(failed.code, 2);
    let place =
        format!("{}:1:53: no type is named `Notice::Type`", wrong.join("./types.bro").display());
    assert!(failed.stderr.contains(&place), "{}\n{place}", failed.stderr);

    let text =
        LOADS[0].1.replace("@load ./types\n@load base/notice", "@load base/notice\n@load ./types");
    fs::write(&main, text).unwrap();
    // Everything is declared, so only the connection fails.
    let sent = run_with(path.to_str().unwrap(), &send);
    assert!(sent.code == 1 && sent.stderr.contains("cannot connect"), "{}", sent.stderr);
    let typed = ["send", "127.0.0.1:1", "M::seen([$n=\"7\", $t=M::Scan])", &declared];
    let typed = run_with(path.to_str().unwrap(), &typed);
    assert!(typed.code == 2 && typed.stderr.contains("of type count"), "{}", typed.stderr);

    let lost = run_with("nowhere", &send);
    assert_eq!(lost.code, 2);
    let why =
        "main.bro: cannot use declarations: line 1, column 1: cannot find base/notice in BROPATH";
    assert!(lost.stderr.contains(why), "{}", lost.stderr);
    // Without BROPATH there may be no Bro, so scripts that are not needed may be missing.
    let text = "@load misc/none\nredef None::x = 5;\nredef record None::Info += { m: M; };\n\
        event seen(n: count) { }\n";
    fs::write(&main, text).unwrap();
    let sent = run_with("", &["send", "127.0.0.1:1", "seen(5)", &declared]);
    assert!(
        sent.code == 1 && sent.stderr.contains("misc/none does not exist, so"),
        "{}",
        sent.stderr
    );
}

/// Scripts like those that a Bro loads before all others.
const BASE: &[(&str, &str)] = &[
    (
        "share/base/init-bare.bro",
        "@load base/bif\n@load base/analyzer\ntype Id: record { host: addr; };\n\
         type string_vec: vector of string;\n",
    ),
    ("share/base/bif.bro", "global fmt: function(args: any): string;\n"),
    ("share/base/init-default.bro", "@load base/analyzer\n@load base/files\n"),
    (
        "share/base/analyzer.bro",
        "module Analyzer; export { type Kind: enum { Known }; const names = fmt(\"x\") &redef; }\n",
    ),
    (
        "share/base/files.bro",
        "module Files; export {\n\
           type Args: record { limit: count &optional; };\n\
           type Info: record { id: Id; args: Args &default=Args(); v: string_vec &default=string_vec(); };\n\
           global seen: event(info: Info); const default_args = Args() &redef;\n\
           const other = Analyzer::names &redef; }\n\
         redef record Args += { more: count &default=5; };\n",
    ),
    ("share/policy/tuning/__load__.bro", "@load ./one\n"),
    (
        "share/policy/tuning/one.bro",
        "redef enum Analyzer::Kind += { One };\nredef Files::default_args = [$limit=7];\n\
         event Files::seen(info: Files::Info) { }\nglobal one: event(k: Analyzer::Kind);\n",
    ),
    ("share/policy/plain.bro", "global plain: event(id: Id);\n"),
    ("local.bro", "@load tuning\nglobal mine: event(id: Id, info: Files::Info);\n"),
    ("own.bro", "global own: event(n: count);\n"),
    ("typed.bro", "global own: event(c: connection, n: Nope);\n"),
    ("wrong.bro", "@load tuning\nconst a = Files::default_args;\nconst b = nope;\n"),
];

#[test]
fn base_scripts_are_loaded_first() {
    let folder = folder("scripts-base", BASE);
    let path = |file: &str| folder.join(file).to_str().unwrap().to_owned();
    let bropath = format!("{}:{}", path("share"), path("share/policy"));
    let send = |event: &str, files: &[&str]| {
        let files = files.iter().map(|file| format!("--declarations={}", path(file)));
        let arguments: Vec<String> =
            ["send", "127.0.0.1:1", event].map(str::to_owned).into_iter().chain(files).collect();
        run_with(&bropath, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let (bare, default) = ("share/base/init-bare.bro", "share/base/init-default.bro");
    let info = "[$id=[$host=10.0.0.1], $args=[$limit=1, $more=2]]";
    let seen = format!("Files::seen({info})");
    for (event, files) in [
        (seen.as_str(), &[bare, default][..]),
        (&seen, &[default, bare]),
        (&seen, &[default]),
        (&seen, &["share/base/files.bro"]),
        ("one(One)", &["share/policy/tuning/one.bro"]),
        ("one(One)", &["share/policy/tuning/one.bro", bare, default, "local.bro"]),
        ("plain([$host=10.0.0.1])", &["share/policy/plain.bro"]),
        (&format!("mine([$host=10.0.0.1], {info})"), &["local.bro"]),
        (&format!("mine([$host=10.0.0.1], {info})"), &["own.bro", "local.bro", "local.bro"]),
    ] {
        let sent = send(event, files);
        assert!(
            sent.code == 1 && sent.stderr.contains("cannot connect"),
            "{files:?} {}",
            sent.stderr
        );
    }
    // The base scripts are not read for a file that loads nothing.
    assert_eq!(send("Files::seen(5)", &["own.bro"]).code, 1);
    assert_eq!(send("Files::seen(5)", &["local.bro"]).code, 2);
    let typed = send("own(5)", &["typed.bro"]);
    let why = "line 1, column 22: no type is named `connection`; put `--declarations bro-2.5.bro` \
        first to declare it";
    assert!(typed.code == 2 && typed.stderr.contains(why), "{}", typed.stderr);
    let wrong = send("own(5)", &["wrong.bro"]);
    let why = "line 3, column 11: no variable is named `nope`";
    assert!(wrong.code == 2 && wrong.stderr.contains(why), "{}", wrong.stderr);
    let event = run(["connect", "127.0.0.1:1", "--event=x(c: connection)"]);
    let why = "--event: line 1, column 6: no type is named `connection`; put `--declarations bro-2.5.bro`";
    assert!(event.code == 2 && event.stderr.contains(why), "{}", event.stderr);
}

#[test]
fn a_configuration_names_scripts() {
    let scripts = [
        ("one.bro", "@load ./two\nevent a(n: N) { }\nhook h() { }\n"),
        (
            "two.bro",
            "type N: count;\n@if ( F )\nglobal no: event();\n@else\nglobal b: event();\n@endif\n",
        ),
        ("node.toml", "listen = true\ndeclaration_files = [\"one.bro\", \"two.bro\"]\n"),
        ("bad.bro", "event a() { }\nfor ( x in y ) { }\n"),
        ("bad.toml", "listen = true\ndeclaration_files = [\"bad.bro\"]\n"),
    ];
    let folder = folder("scripts-config", &scripts);
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let checked = run(["config", "check", &file("node.toml"), "--json"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (0, ""), "{}", checked.stdout);
    let checked: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!(checked["node"]["events"], json!(2));
    let bad = run(["config", "check", &file("bad.toml")]);
    assert_eq!(bad.code, 2);
    let place = format!("{}:2:1: expected a declaration, found `for`", file("bad.bro"));
    assert!(bad.stderr.contains(&place), "{}", bad.stderr);
    fs::write(file("bad.bro"), "event a(c: connection) { }\n").unwrap();
    let bad = run(["config", "check", &file("bad.toml")]);
    let why = "no type is named `connection`; `bro-2.5.bro` at the start of `declaration_files`";
    assert!(bad.code == 2 && bad.stderr.contains(why), "{}", bad.stderr);
}

const LOCAL: &str = r#"
@load misc/scan
@load frameworks/communication/listen
@load ./more.bro

redef Notice::mail_dest = "admin@example.com";
redef Site::local_nets += { 10.0.0.0/8, [2001:db8::]/32 };
redef Communication::listen_port = 47800/tcp;
redef Communication::compression_level = 3;
redef ssl_ca_certificate = "ca.pem";
redef peer_description = "sensor \"1\"";

redef Communication::nodes += {
    # as people write them
    ["us"] = [$host = 192.0.2.7, $connect=F, $class="tool", $events = /block|M::.*/,
              $request_logs=T],
    ["other"] = [$host=[2001:db8::1], $p=47757/tcp, $connect=T, $retry=1min, $sync=T, $auth=T,
                 $ssl=F, $accept_input=F, $capture_filter="tcp port 80"],
};
redef Communication::nodes += { ["control"] = [$host=127.0.0.1, $zone_id="", $class="control", $events=Control::controller_events], };

event block(host: addr) { print fmt("block %s", host); }
event bro_init() { Communication::connect_peer("other"); }
"#;

#[test]
fn entries_of_a_script_are_imported() {
    let folder =
        folder("scripts-import", &[("local.bro", LOCAL), ("more.bro", "global e: event();")]);
    let local = folder.join("local.bro");
    let imported = run(["config", "import", local.to_str().unwrap()]);
    assert_eq!((imported.code, imported.stderr.as_str()), (0, ""));
    for line in [
        "listen = true",
        "listen_port = 47800",
        "compression_level = 3",
        "ssl_ca_certificate = \"ca.pem\"",
        r#"peer_description = "sensor \"1\"""#,
        "[nodes.\"us\"]",
        "events = \"/block|M::.*/\"",
        "host = \"2001:db8::1\"",
        "p = 47757",
        "retry = 60",
        "accept_input = false",
        "capture_filter = \"tcp port 80\"",
        "events = \"/Control::.*_request/\"",
    ] {
        let is_there = imported.stdout.lines().any(|found| found == line);
        assert!(is_there, "{line}: {}", imported.stdout);
    }
    fs::write(folder.join("ca.pem"), "").unwrap();
    let config = folder.join("brocomm.toml");
    fs::write(&config, &imported.stdout).unwrap();
    let checked = run_with("", &["config", "check", config.to_str().unwrap(), "--json"]);
    let text = &checked.stdout;
    assert_eq!(checked.code, 0, "{text}{}", imported.stdout);
    let checked: Value = serde_json::from_str(text).unwrap();
    let names: Vec<_> =
        checked["peers"].as_array().unwrap().iter().map(|peer| &peer["name"]).collect();
    assert_eq!(names, ["us", "other", "control"]);
    assert_eq!(checked["peers"][0]["events"], json!(["block"]));
    assert_eq!(checked["node"]["description"], r#"sensor \"1\""#);
}

#[test]
fn a_generated_layout_is_imported_and_errors_are_reported() {
    let standalone = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node_cfg/standalone.bro");
    let imported = run(["config", "import", standalone]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    assert!(imported.stdout.contains("listen_port = 47760\n"), "{}", imported.stdout);
    assert!(imported.stdout.contains("class = \"control\"\n"), "{}", imported.stdout);

    let scripts = [
        ("none.bro", "redef Communication::listen_port = 5/tcp;"),
        ("type.bro", "\nredef Communication::nodes += { [\"x\"] = [$host=\"x\"] };"),
        ("field.bro", "redef Communication::nodes += { [\"x\"] = [$hosts=::1] };"),
        ("host.bro", "redef Communication::nodes += { [\"x\"] = [$p=5/tcp] };"),
    ];
    let folder = folder("scripts-mistakes", &scripts);
    for (file, code, expected) in [
        ("none.bro", 0, "none.bro: warning: it adds nothing to `Communication::nodes`"),
        ("type.bro", 2, "type.bro:2:48: expected a value of type addr"),
        ("field.bro", 2, "Communication::Node has no field `hosts`"),
        ("host.bro", 2, "field `host` of Communication::Node is missing"),
        ("gone.bro", 2, "gone.bro: cannot read it"),
    ] {
        let imported = run(["config", "import", folder.join(file).to_str().unwrap()]);
        assert_eq!(imported.code, code, "{file}: {}", imported.stderr);
        assert!(imported.stderr.contains(expected), "{file}: {}", imported.stderr);
    }
}

#[test]
fn the_types_of_bro_are_built_in() {
    let printed = run(["config", "declarations"]);
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    for line in
        ["type connection: record {", "type Notice::Info: record {", "type conn_id: record {"]
    {
        assert!(printed.stdout.lines().any(|found| found == line), "{line}");
    }
    let script = "@load base/frameworks/notice\nredef record Notice::Info += { our: count &optional; };\n\
        global found: event(c: connection, n: Notice::Info);\n";
    let scripts = [
        ("node.toml", "listen = true\ndeclaration_files = [\"bro-2.5.bro\", \"own.bro\"]\n"),
        ("alone.toml", "listen = true\ndeclaration_files = [\"own.bro\"]\n"),
        ("own.bro", script),
    ];
    let folder = folder("scripts-built-in", &scripts);
    for file in ["node.toml", "alone.toml"] {
        let config = folder.join(file);
        let checked = run_with("", &["config", "check", config.to_str().unwrap(), "--json"]);
        assert_eq!((checked.code, checked.stderr.as_str()), (0, ""), "{}", checked.stdout);
        let checked: Value = serde_json::from_str(&checked.stdout).unwrap();
        assert!(checked["node"]["events"].as_u64() > Some(600), "{checked}");
        assert!(checked["node"]["variables"].as_u64() >= Some(6), "{checked}");
    }
    // A file of that name has priority.
    fs::write(folder.join("bro-2.5.bro"), "event own();").unwrap();
    let both = format!("--declarations={}", folder.join("bro-2.5.bro").display());
    let sent = run(["send", "127.0.0.1:1", "own(1)", &both]);
    assert!(sent.code == 2 && sent.stderr.contains("own with 1 arguments"), "{}", sent.stderr);
    let sent = run(["send", "127.0.0.1:1", "bro_done(1)", "--declarations=bro-2.5.bro"]);
    assert!(sent.code == 2 && sent.stderr.contains("bro_done with 1 arguments"), "{}", sent.stderr);
}

#[test]
fn scripts_may_have_any_bytes() {
    let scripts = scratch("script-bytes", "any.bro", b"\xef\xbb\xbf# \xe9\n@load ./part\n");
    let part = b"const s = \"a\xff\"; # \xe9\\\xe9\nevent e(x: string);\n";
    scratch("script-bytes", "part.bro", part);
    let (_listener, address) = Program::listen(&["--event", "e(string)"]);
    let sent = run(["send", &address, "e(s)", "--declarations", scripts.to_str().unwrap()]);
    assert_eq!((sent.code, sent.stdout), (0, format!("sent e(\"a\\xff\") to {address}\n")));
    let utf_16 = scratch("script-bytes", "wide.bro", b"\xff\xfee\0v\0");
    let refused = run(["send", &address, "e()", "--declarations", utf_16.to_str().unwrap()]);
    assert!(
        refused.stderr.contains("line 1, column 1: unexpected character"),
        "{}",
        refused.stderr
    );
    assert_eq!(refused.code, 2);
}

#[test]
fn declarations_do_not_contradict_each_other() {
    let file = |name: &str, text: &str| {
        scratch("contradictions", name, text.as_bytes()).display().to_string()
    };
    let count = file("count.bro", "event e(x: count);");
    let string = file("string.bro", "event e(x: string);");
    let run = |more: &[&str]| run([&["send", "127.0.0.1:1", "e(1)"], more].concat());
    let (count, string) = (["--declarations", &count], ["--declarations", &string]);
    let event = |text| ["--event", text];
    let in_file = "string.bro: cannot use declarations: line 1, column 7: `e` is already declared \
        as event(count)\n";
    for (one, other, error) in [
        (count, string, in_file),
        (string, event("e(count)"), "--event: e is already declared as e(string)\n"),
        (event("e(int)"), event("e(count)"), "--event: e is already declared as e(int)\n"),
    ] {
        let refused = run(&[one, other].concat());
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.ends_with(error), "{}", refused.stderr);
    }
    for (one, other) in [(count, count), (count, event("e(count)"))] {
        assert_eq!(run(&[one, other].concat()).code, 1);
    }
}
