//! `bro_init`: the constant state shared by all connections.

use std::ffi::c_int;
use std::fs;
use std::path::Path;
use std::process;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::config::Config;
use crate::debug;
use crate::forks;
use crate::guard::guard;
use crate::layout::{BroCtx, FALSE, TRUE};

#[cfg(feature = "tls")]
pub(crate) use brocomm::tls::TlsConfig;
/// TLS is not supported.
#[cfg(not(feature = "tls"))]
#[derive(Debug, Clone)]
pub(crate) enum TlsConfig {}

/// The default timeout for a connection, and for each phase of the handshake.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The default pause between two attempts to reconnect.
const PAUSE: Duration = Duration::from_secs(5);
/// The default maximum number of queued messages.
pub(crate) const QUEUE: c_int = 1000;

/// The result of `bro_init`.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) config: Config,
    pub(crate) tls: Result<Option<TlsConfig>, ()>,
    pub(crate) timeout: Duration,
    pub(crate) pause: Duration,
    pub(crate) queue: c_int,
    domain: Mutex<Vec<u8>>,
}

static LIBRARY: OnceLock<Library> = OnceLock::new();

/// Returns the result of `bro_init`. Exits if it was not called, like the original library.
pub(crate) fn library() -> &'static Library {
    LIBRARY.get().unwrap_or_else(|| {
        debug::print(format_args!("bro_init() was not called."));
        debug::print(format_args!("A program must call it before it makes connections"));
        debug::print(format_args!("or looks up configuration values. Exiting."));
        process::exit(-1)
    })
}

impl Library {
    fn load() -> Library {
        forks::watch();
        let mut config = Config::load();
        let switch = |key| config.int(key);
        debug::configure(switch("/broccoli/debug_messages"), switch("/broccoli/debug_calltrace"));
        let tls = tls(&config).map_err(|problem| debug::print(format_args!("TLS: {problem}")));
        config.forget("/broccoli/host_pass");
        let seconds =
            |key| config.number(key).and_then(|secs| Duration::try_from_secs_f64(secs).ok());
        let timeout = seconds("/broccoli/connect_timeout").filter(|timeout| !timeout.is_zero());
        let queue = config.int("/broccoli/queue_length").filter(|length| *length > 0);
        Library {
            tls,
            timeout: timeout.unwrap_or(TIMEOUT),
            pause: seconds("/broccoli/reconnect_interval").unwrap_or(PAUSE),
            queue: queue.unwrap_or(QUEUE),
            domain: Mutex::default(),
            config,
        }
    }

    pub(crate) fn set_domain(&self, domain: &[u8]) {
        *self.domain.lock().unwrap_or_else(PoisonError::into_inner) = domain.to_ascii_lowercase();
    }

    pub(crate) fn domain(&self) -> Vec<u8> {
        self.domain.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Creates the TLS configuration. `None` if the file does not configure TLS.
fn tls(config: &Config) -> Result<Option<TlsConfig>, String> {
    let use_ssl = config.int("/broccoli/use_ssl");
    let path = |key| config.text(key).map(bytes_path);
    let certificate = match (use_ssl, path("/broccoli/host_cert")) {
        (Some(0), _) | (None, None) => return Ok(None),
        (Some(_), None) => {
            return Err("/broccoli/use_ssl is set, but no /broccoli/host_cert".into());
        }
        (_, Some(certificate)) => certificate,
    };
    let authority = path("/broccoli/ca_cert").ok_or("no /broccoli/ca_cert")?;
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let mut own = read(certificate)?;
    if let Some(key) = path("/broccoli/host_key").filter(|key| *key != certificate) {
        own.push(b'\n');
        own.extend(read(key)?);
    }
    let passphrase = config.text("/broccoli/host_pass").map(String::from_utf8_lossy);
    made(&read(authority)?, &own, passphrase.as_deref()).map(Some)
}

#[cfg(feature = "tls")]
fn made(authority: &[u8], own: &[u8], passphrase: Option<&str>) -> Result<TlsConfig, String> {
    TlsConfig::from_pem(authority, own, passphrase).map_err(|error| error.to_string())
}

#[cfg(not(feature = "tls"))]
fn made(_: &[u8], _: &[u8], _: Option<&str>) -> Result<TlsConfig, String> {
    Err("this library was built without TLS".into())
}

fn bytes_path(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

/// Reads the configuration, once. `FALSE` if TLS is configured but cannot be used.
#[unsafe(no_mangle)]
pub extern "C" fn bro_init(_ctx: *const BroCtx) -> c_int {
    guard(FALSE, || {
        let mut result = TRUE;
        LIBRARY.get_or_init(|| {
            let library = Library::load();
            result = library.tls.is_ok().into();
            library
        });
        result
    })
}

/// Zeroes a context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_ctx_init(ctx: *mut BroCtx) {
    guard((), || {
        if !ctx.is_null() {
            // SAFETY: not null, so valid, and all zero is a context.
            unsafe { ctx.write(std::mem::zeroed()) };
        }
    });
}
