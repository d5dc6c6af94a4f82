//! The configuration file, and `bro_conf_*`.

use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{env, fs, ptr};

use crate::debug;
use crate::guard::{filled, guard};
use crate::layout::{FALSE, TRUE};
use crate::library::library;
use crate::memory::Text;

/// The path of the file, unless the user has another one.
const SYSTEM: &str = match option_env!("BROCCOLI_CONFIG_FILE") {
    Some(path) => path,
    None => "/usr/local/etc/broccoli.conf",
};

/// The content of the configuration file.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The entries by domain (empty for the default section) and key.
    entries: BTreeMap<(Vec<u8>, Vec<u8>), Value>,
}

#[derive(Debug)]
pub(crate) enum Value {
    Int(c_int),
    Double(f64),
    String(Text),
}

impl Config {
    /// Reads the first file that exists.
    pub(crate) fn load() -> Config {
        let own = [
            env::var_os("BROCCOLI_CONFIG_FILE").map(PathBuf::from),
            passwd_home().map(|home| home.join(".broccoli.conf")),
            env::var_os("HOME").map(|home| Path::new(&home).join(".broccoli.conf")),
        ];
        let own = own.into_iter().flatten().filter(|path| is_private(path));
        for path in own.chain([PathBuf::from(SYSTEM)]) {
            match fs::read(&path) {
                Ok(text) => {
                    debug::message(format_args!("configuration: {}", path.display()));
                    return Config::parse(&text);
                }
                Err(error) => debug::message(format_args!("{}: {error}", path.display())),
            }
        }
        Config::default()
    }

    fn parse(text: &[u8]) -> Config {
        let mut config = Config::default();
        let mut domain = Vec::new();
        for line in text.split(|byte| *byte == b'\n') {
            let (key, rest) = word(line);
            if let Some(name) = key.strip_prefix(b"[") {
                domain =
                    name.split(|byte| *byte == b']').next().unwrap_or(name).to_ascii_lowercase();
            } else if !key.is_empty() {
                let (value, _) = word(rest);
                config.entries.insert((domain.clone(), key.to_vec()), Value::parse(value));
            }
        }
        config
    }

    /// Returns the value of a key in a domain, or else in the default section.
    fn get(&self, domain: &[u8], key: &[u8]) -> Option<&Value> {
        let at = |domain: &[u8]| self.entries.get(&(domain.to_vec(), key.to_vec()));
        at(domain).or_else(|| at(b""))
    }

    /// Returns an integer of the default section.
    pub(crate) fn int(&self, key: &str) -> Option<c_int> {
        match self.get(b"", key.as_bytes())? {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns a number of the default section, an integer or not.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        match self.get(b"", key.as_bytes())? {
            Value::Int(number) => Some(f64::from(*number)),
            Value::Double(number) => Some(*number),
            Value::String(_) => None,
        }
    }

    /// Returns a string of the default section.
    pub(crate) fn text(&self, key: &str) -> Option<&[u8]> {
        match self.get(b"", key.as_bytes())? {
            Value::String(text) => Some(text.as_bytes()),
            _ => None,
        }
    }

    /// Removes a key.
    pub(crate) fn forget(&mut self, key: &str) {
        self.entries.retain(|(_, name), _| name != key.as_bytes());
    }
}

impl Value {
    fn parse(word: &[u8]) -> Value {
        if let Some(quoted) = word.strip_prefix(b"\"") {
            return Value::String(Text::new(quoted.strip_suffix(b"\"").unwrap_or(quoted)));
        }
        let text = std::str::from_utf8(word).unwrap_or_default();
        match text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "true" => return Value::Int(1),
            "no" | "off" | "false" => return Value::Int(0),
            _ => {}
        }
        let numeric = text.bytes().all(|byte| b"+-.eE0123456789".contains(&byte));
        match (text.parse(), text.parse()) {
            (Ok(number), _) => Value::Int(number),
            (_, Ok(number)) if numeric => Value::Double(number),
            _ => Value::String(Text::new(word)),
        }
    }
}

/// Splits a line after its first word, which may be in quotes. Returns empty slices for a
/// comment.
fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii();
    if line.starts_with(b"#") || line.starts_with(b"//") {
        return (&[], &[]);
    }
    let end = match line.strip_prefix(b"\"") {
        Some(quoted) => quoted.iter().position(|byte| *byte == b'"').map(|at| at + 2),
        None => line.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'#'),
    };
    line.split_at(end.unwrap_or(line.len()))
}

/// Returns whether a file is owned by the user and private. Prints the problem if it exists but is
/// not.
fn is_private(path: &Path) -> bool {
    let Ok(metadata) = fs::metadata(path) else { return false };
    // SAFETY: it can't fail.
    let user = unsafe { libc::geteuid() };
    // Readable by its owner, not executable, and no permissions for others.
    let right = metadata.is_file() && metadata.uid() == user && metadata.mode() & 0o577 == 0o400;
    if !right {
        debug::print(format_args!("{} is not used", path.display()));
        debug::print(format_args!(
            "it must be a file of the user's own that nobody else can read or write (chmod 600)"
        ));
    }
    right
}

fn passwd_home() -> Option<PathBuf> {
    let mut buffer = vec![0; 16 << 10];
    // SAFETY: zero is a valid `passwd`.
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut found = ptr::null_mut();
    // SAFETY: all pointers are valid, and the length is that of the buffer.
    let error = unsafe {
        let (to, len) = (buffer.as_mut_ptr(), buffer.len());
        libc::getpwuid_r(libc::geteuid(), &raw mut entry, to, len, &raw mut found)
    };
    if error != 0 || found.is_null() || entry.pw_dir.is_null() {
        return None;
    }
    // SAFETY: a C string in the buffer.
    let home = unsafe { CStr::from_ptr(entry.pw_dir) };
    Some(PathBuf::from(OsStr::from_bytes(home.to_bytes())))
}

/// Selects the section for lookups, or the default section for a null pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conf_set_domain(domain: *const c_char) {
    let library = library();
    // SAFETY: null or a C string.
    guard((), || library.set_domain(unsafe { filled(domain) }.unwrap_or_default()));
}

/// Calls `f` with the value of a key.
///
/// # Safety
/// The key is null or a C string.
unsafe fn look_up<T>(
    val_name: *const c_char,
    f: impl FnOnce(&'static Value) -> Option<T>,
) -> Option<T> {
    let library = library();
    guard(None, || {
        // SAFETY: guaranteed by the caller.
        let key = unsafe { filled(val_name) }?;
        library.config.get(&library.domain(), key).and_then(f)
    })
}

/// Looks up an integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conf_get_int(val_name: *const c_char, val: *mut c_int) -> c_int {
    let number = |value: &Value| match value {
        Value::Int(number) => Some(*number),
        _ => None,
    };
    // SAFETY: null or a C string, and null or valid.
    match unsafe { (look_up(val_name, number), val.as_mut()) } {
        (Some(number), Some(val)) => {
            *val = number;
            TRUE
        }
        _ => FALSE,
    }
}

/// Looks up a floating-point number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conf_get_dbl(val_name: *const c_char, val: *mut f64) -> c_int {
    let number = |value: &Value| match value {
        Value::Double(number) => Some(*number),
        _ => None,
    };
    // SAFETY: null or a C string, and null or valid.
    match unsafe { (look_up(val_name, number), val.as_mut()) } {
        (Some(number), Some(val)) => {
            *val = number;
            TRUE
        }
        _ => FALSE,
    }
}

/// Looks up a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conf_get_str(val_name: *const c_char) -> *const c_char {
    let text = |value: &'static Value| match value {
        Value::String(text) => Some(text.as_ptr()),
        _ => None,
    };
    // SAFETY: null or a C string.
    unsafe { look_up(val_name, text) }.unwrap_or(ptr::null())
}
