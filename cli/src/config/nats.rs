//! Reads the table `[nats]`: a NATS server with JetStream to which a spool is published.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::reader::{Item, Read, Source, Table};

/// A NATS server, and how to publish a spool to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "nats"), allow(dead_code, reason = "only reported"))]
pub(crate) struct NatsTable {
    pub(crate) servers: Vec<String>,
    /// The first part of message identifiers. By default, the node's description.
    pub(crate) node: Option<String>,
    pub(crate) reader: String,
    /// The stream to create, if any.
    pub(crate) create_stream: Option<String>,
    pub(crate) stream_size: u64,
    pub(crate) stream_age: Duration,
    pub(crate) window: u64,
    pub(crate) timeout: Duration,
    pub(crate) retry: Duration,
    pub(crate) retry_max: Duration,
    pub(crate) credentials: Option<PathBuf>,
    pub(crate) user: Option<String>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) tls: bool,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

impl Read for NatsTable {
    const KIND: &'static str = "table";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let mut table = Table::new(item, source)?;
        let read = (|| {
            let server = "nats://127.0.0.1:4222".to_owned();
            Some(NatsTable {
                servers: table.field("servers", Some(vec![server]))?,
                node: table.field("node", Some(None))?,
                reader: table.field("reader", Some("nats".to_owned()))?,
                create_stream: table.field("create_stream", Some(None))?,
                stream_size: table.field("stream_size", Some(0))?,
                stream_age: table.field("stream_age", Some(Duration::ZERO))?,
                window: table.field("window", Some(1024))?,
                timeout: table.field("timeout", Some(Duration::from_secs(5)))?,
                retry: table.field("retry", Some(Duration::from_secs(1)))?,
                retry_max: table.field("retry_max", Some(Duration::from_secs(60)))?,
                credentials: table.field("credentials", Some(None))?,
                user: table.field("user", Some(None))?,
                password_file: table.field("password_file", Some(None))?,
                token_file: table.field("token_file", Some(None))?,
                tls: table.field("tls", Some(false))?,
                ca: table.field("ca", Some(None))?,
                cert: table.field("cert", Some(None))?,
                key: table.field("key", Some(None))?,
            })
        })();
        if let Some(read) = &read {
            check(read, &mut table);
        }
        table.finish();
        read
    }
}

/// Checks the values together.
fn check(read: &NatsTable, table: &mut Table<'_, '_, '_, '_>) {
    let mut wrong = |key: &'static str, is_wrong: bool, what: &str| {
        if let Some(item) = table.item(key, "value").filter(|_| is_wrong) {
            let _: Option<()> = table.source.wrong(&item, what);
        }
    };
    let is_name = brocomm_sinks::spool::is_reader_name;
    wrong("reader", !is_name(&read.reader), "must be 1 to 64 letters, digits, - and _");
    let stream = read.create_stream.as_deref();
    wrong("create_stream", !stream.is_none_or(is_name), "must be 1 to 64 letters, digits, - and _");
    let window = 1..=65_536;
    wrong("window", !window.contains(&read.window), "must be 1 to 65536");
    wrong("servers", read.servers.is_empty(), "expected at least one server");
    wrong("user", read.user.is_some() && read.password_file.is_none(), "needs `password_file`");
    wrong("password_file", read.user.is_none(), "needs `user`");
    wrong("cert", read.key.is_none(), "needs `key`");
    wrong("key", read.cert.is_none(), "needs `cert`");
}

/// Reads the table. Relative paths start at a folder.
pub(super) fn table(root: &mut Table<'_, '_, '_, '_>, folder: &Path) -> Option<NatsTable> {
    let item = root.item("nats", NatsTable::KIND)?;
    let mut read = NatsTable::read(&item, None, root.source)?;
    let NatsTable { credentials, password_file, token_file, ca, cert, key, .. } = &mut read;
    for file in [credentials, password_file, token_file, ca, cert, key].into_iter().flatten() {
        *file = folder.join(&*file);
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::super::Outputs;
    use super::super::load::read_with;
    use super::*;

    fn read(text: &str) -> Result<NatsTable, Vec<String>> {
        let mut outputs = Outputs::default();
        let text = format!("listen = true\n[nats]\n{text}\n");
        match read_with(Path::new("folder/b.toml"), &text, &mut outputs) {
            Ok(_) => Ok(outputs.nats.unwrap()),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn a_server_is_read_with_its_defaults() {
        let nats = read("credentials = 'a.creds'").unwrap();
        assert_eq!(nats.servers, ["nats://127.0.0.1:4222"]);
        assert_eq!(nats.credentials.as_deref(), Some(Path::new("folder/a.creds")));
        assert_eq!((nats.window, nats.create_stream), (1024, None));
    }

    #[test]
    fn errors_have_positions() {
        for (text, expected) in [
            ("window = 0", "window = 0: must be 1 to 65536"),
            ("reader = '../x'", "must be 1 to 64 letters"),
            ("create_stream = 'a.b'", "must be 1 to 64 letters"),
            ("servers = []", "expected at least one server"),
            ("user = 'a'", "needs `password_file`"),
            ("password_file = 'a'", "needs `user`"),
            ("cert = 'a'", "needs `key`"),
            ("server = 'x'", "did you mean `servers`?"),
        ] {
            let errors = read(text).unwrap_err();
            assert!(errors.iter().any(|error| error.contains(expected)), "{text}: {errors:?}");
        }
    }
}
