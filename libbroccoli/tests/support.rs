//! A C compiler, and programs compiled with it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Returns the folder of the library built by cargo.
pub(crate) fn built() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.parent().unwrap().to_path_buf()
}

/// Returns the folder of the crate.
pub(crate) fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with the library under the name that programs expect, and a configuration.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// Creates an empty folder with this name.
    pub(crate) fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let library = built().join("libbroccoli.so");
        symlink(&library, path.join("libbroccoli.so.5")).unwrap();
        symlink(&library, path.join("libbroccoli.so")).unwrap();
        Folder(path)
    }

    /// Writes a configuration for the library.
    pub(crate) fn configure(&self, text: &str) {
        let path = self.0.join("broccoli.conf");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Compiles a C program. `None` if there is no compiler.
    pub(crate) fn compile(&self, name: &str) -> Option<PathBuf> {
        Some(self.compile_with(compiler()?, &format!("{name}.c")))
    }

    /// Compiles a C++ program. `None` if there is no compiler.
    pub(crate) fn compile_cpp(&self, name: &str) -> Option<PathBuf> {
        let works = |name: &&str| Command::new(name).arg("--version").output().is_ok();
        match ["c++", "g++", "clang++"].into_iter().find(works) {
            Some(compiler) => Some(self.compile_with(compiler, &format!("{name}.cc"))),
            None => {
                skipped("there is no C++ compiler");
                None
            }
        }
    }

    fn compile_with(&self, compiler: &str, source: &str) -> PathBuf {
        let program = self.0.join(source).with_extension("");
        let output = Command::new(compiler)
            .args(["-g", "-Wall", "-Wextra", "-Werror", "-pthread"])
            .args(words("CFLAGS"))
            .arg("-o")
            .arg(&program)
            .arg(crate_folder().join("tests/c").join(source))
            .arg("-I")
            .arg(crate_folder().join("include"))
            .arg("-L")
            .arg(&self.0)
            .arg(format!("-Wl,-rpath,{}", self.0.display()))
            .arg("-lbroccoli")
            .output()
            .unwrap();
        succeeded(&output);
        program
    }

    /// Runs a program with the folder's configuration, and returns its output. If
    /// `BROCOMM_TEST_WRAPPER` is set, that command runs it: `valgrind -q --error-exitcode=9`.
    pub(crate) fn run(&self, program: &Path, args: &[&str]) -> String {
        let wrapper = words("BROCOMM_TEST_WRAPPER");
        let mut words = wrapper.iter().map(OsString::from).chain([program.into()]);
        let output = Command::new(words.next().unwrap())
            .args(words)
            .args(args)
            .env("BROCCOLI_CONFIG_FILE", self.0.join("broccoli.conf"))
            .output()
            .unwrap();
        succeeded(&output)
    }
}

/// Returns the words in an environment variable.
fn words(variable: &str) -> Vec<String> {
    let text = std::env::var(variable).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

/// Returns the name of a C compiler. Prints a message if there is none.
pub(crate) fn compiler() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&str>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let works = |name: &&str| Command::new(name).arg("--version").output().is_ok();
        ["cc", "gcc", "clang"].into_iter().find(works)
    });
    if found.is_none() {
        skipped("there is no C compiler");
    }
    *found
}

/// Prints that a test is skipped.
pub(crate) fn skipped(why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn succeeded(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{}\n{printed}{}", output.status, text(&output.stderr));
    printed
}
