//! Reads the tables `[[zeek]]` for `brocomm bridge`, and the files that they name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use brocomm::data::{Declarations, Name};
use brocomm::node::{Bound, EventPattern, Overflow, Queue};
use brocomm_zeek::client::{ClientConfig, ConfigError};
use brocomm_zeek::json::{self, NonUtf8};
use brocomm_zeek::signatures;
use toml::de::DeValue;

use super::load::Problem;
use super::reader::{Item, Read, Source, Table};
use crate::bridge::acknowledge;
use crate::failure::reason;
use crate::file;
use crate::zeek::tls::{Connector, Files};
use crate::zeek::url::Url;

/// A Zeek to connect to, and what to pass between it and the peers.
#[derive(Debug, Clone)]
pub(crate) struct ZeekTarget {
    pub(crate) url: Url,
    pub(crate) application: String,
    pub(crate) files: Files,
    pub(crate) signatures: Vec<PathBuf>,
    /// The declarations in the signatures.
    pub(crate) declared: Declarations,
    /// The TLS connector, for wss://.
    pub(crate) connector: Option<Connector>,
    pub(crate) subscribe: Vec<String>,
    pub(crate) topic: String,
    pub(crate) to_zeek: Option<EventPattern>,
    pub(crate) to_bro: Option<EventPattern>,
    /// Names of events on Bro's side, with their names on Zeek's.
    pub(crate) rename: BTreeMap<String, String>,
    pub(crate) non_utf8: NonUtf8,
    pub(crate) widen: bool,
    pub(crate) drop_fields: bool,
    pub(crate) drop_holes: bool,
    pub(crate) functions: bool,
    pub(crate) acknowledge: bool,
    pub(crate) retry: Duration,
    pub(crate) retry_max: Duration,
    pub(crate) queue: Queue,
    /// The positions of the keys whose values are checked with the files.
    places: BTreeMap<&'static str, Option<usize>>,
}

impl ZeekTarget {
    /// Resolves relative paths in a folder.
    fn within(mut self, folder: &Path) -> ZeekTarget {
        let Files { ca, cert, key, .. } = &mut self.files;
        let files = self.signatures.iter_mut().chain([ca, cert, key].into_iter().flatten());
        files.for_each(|file| *file = folder.join(&*file));
        self
    }

    /// Reads the files. Returns the errors in their contents.
    pub(super) fn read_files(&mut self, source: &mut Source<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let places = self.places.clone();
        let mut add = |key: &'static str, what: String| {
            let (place, key) = (places.get(key).copied().flatten(), format!("zeek.{key}"));
            source.problems.push((place, key.clone(), format!("{key}: {what}")));
        };
        let mut unreadable = false;
        for file in &self.signatures {
            match file::read_text(file) {
                Err(error) => {
                    let file = file.display();
                    let why = reason(&error);
                    add("signatures", format!("cannot read signatures: {file}: {why}"));
                    unreadable = true;
                }
                Ok(text) => {
                    if let Err(error) = signatures::read(&text, &mut self.declared) {
                        let place = (error.line.max(1) as usize, error.column.max(1) as usize);
                        problems.push(Problem {
                            file: file.clone(),
                            place: Some(place),
                            what: error.reason(),
                        });
                    }
                }
            }
        }
        let is_complete = !unreadable && problems.is_empty();
        let names = self.rename.values().filter(|_| is_complete);
        for name in names.filter(|name| self.declared.event(name).is_none()) {
            add("rename", format!("no signature declares event {name}"));
        }
        match self.files.connector(&self.url) {
            Ok(connector) => self.connector = connector,
            Err(error) => add("url", error),
        }
        match self.client().check() {
            Err(error @ ConfigError::Application(_)) => {
                add("application", error.to_string());
            }
            Err(error) => add("url", error.to_string()),
            Ok(()) => {}
        }
        problems
    }

    /// Returns the declared events to pass to Zeek, with their names in Zeek.
    pub(super) fn events_to_zeek<'a>(
        &'a self,
        bro: &'a Declarations,
    ) -> impl Iterator<Item = (&'a Name, &'a [u8])> {
        let matching = |name: &&Name| self.to_zeek.as_ref().is_some_and(|to| to.matches(name));
        bro.events.keys().filter(matching).map(|name| {
            let renamed = name.as_str().and_then(|name| self.rename.get(name));
            (name, renamed.map_or(&**name, |renamed| renamed.as_bytes()))
        })
    }

    /// Returns the events in the signatures, by their names on Bro's side.
    pub(super) fn events_to_bro(&self) -> impl Iterator<Item = Name> {
        self.declared.events.keys().map(|name| {
            let renamed = self.rename.iter().find(|(_, zeek)| name.as_str() == Some(zeek));
            renamed.map_or_else(|| name.clone(), |(bro, _)| Name::from(bro.as_str()))
        })
    }

    /// Returns why declared events will not be passed to Zeek.
    pub(super) fn warnings(&self, bro: &Declarations) -> Vec<String> {
        let warning = |(name, zeek): (&Name, &[u8])| {
            let shown = zeek.escape_ascii();
            let Some(there) = self.declared.event(zeek) else {
                return Some(format!(
                    "event {name} will not be passed: no signature declares event {shown}"
                ));
            };
            let (here, there) = (bro.event(name)?.params.len(), there.params.len());
            (here != there).then(|| {
                format!(
                    "event {name} will not be passed: it has {here} arguments, and {shown} has \
                     {there} in the signatures"
                )
            })
        };
        self.events_to_zeek(bro).filter_map(warning).collect()
    }

    /// Returns the configuration of a connection.
    pub(crate) fn client(&self) -> ClientConfig {
        let topics: Vec<&str> = self.subscribe.iter().map(String::as_str).collect();
        let mut client = ClientConfig::new("localhost", &topics);
        if self.acknowledge {
            client.subscriptions.push(acknowledge::topic(&self.application).into());
        }
        client.application = Some(self.application.clone());
        client.encoding = json::Options { non_utf8: self.non_utf8, ..json::Options::default() };
        // Events that are not written when a connection ends are lost, so this buffer is small.
        client.limits.outgoing = 64 << 10;
        client
    }
}

impl Read for Url {
    const KIND: &'static str = "URL, as in `\"ws://127.0.0.1:27759\"`";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let text = String::read(item, None, source)?;
        text.parse().map_or_else(|error: String| source.wrong(item, error), Some)
    }
}

impl Read for PathBuf {
    const KIND: &'static str = "file";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        String::read(item, None, source).map(PathBuf::from)
    }
}

impl<T: Read> Read for Vec<T> {
    const KIND: &'static str = "array of strings, or one string";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let DeValue::Array(values) = item.value else {
            return T::read(item, None, source).map(|only| vec![only]);
        };
        let read = values.iter().map(|value| {
            let path = item.path.clone();
            T::read(&Item { path, value: value.get_ref(), span: value.span() }, None, source)
        });
        // Check all of them.
        let all: Vec<Option<T>> = read.collect();
        all.into_iter().collect()
    }
}

impl Read for BTreeMap<String, String> {
    const KIND: &'static str = "table of strings";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let mut table = Table::new(item, source)?;
        let mut all = BTreeMap::new();
        for (key, item) in table.items() {
            all.insert(key, String::read(&item, None, table.source)?);
        }
        Some(all)
    }
}

impl Read for NonUtf8 {
    const KIND: &'static str = "`\"raw\"` or `\"escape\"` or `\"refuse\"`";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        match String::read(item, None, source)?.as_str() {
            "raw" => Some(NonUtf8::Raw),
            "escape" => Some(NonUtf8::Escape),
            "refuse" => Some(NonUtf8::Refuse),
            _ => source.wrong(item, "expected \"raw\", \"escape\" or \"refuse\""),
        }
    }
}

impl Read for ZeekTarget {
    const KIND: &'static str = "array of tables";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let mut table = Table::new(item, source)?;
        let queue = Queue { bound: Bound::new(10_000, 16 << 20), overflow: Overflow::DropOldest };
        let url = table.field("url", None);
        let topic = "brocomm/from-bro/{peer}/{event}".to_owned();
        let target = (|| {
            Some(ZeekTarget {
                application: table.field("application", Some("brocomm".to_owned()))?,
                files: Files {
                    ca: table.field("ca", Some(None))?,
                    cert: table.field("cert", Some(None))?,
                    key: table.field("key", Some(None))?,
                    name: table.field("name", Some(None))?,
                },
                declared: signatures::base(),
                connector: None,
                signatures: table.field("signatures", Some(Vec::new()))?,
                subscribe: table.field("subscribe", Some(vec!["brocomm/to-bro/".to_owned()]))?,
                topic: table.field("topic", Some(topic))?,
                to_zeek: table.field("to_zeek", Some(None))?,
                to_bro: table.field("to_bro", Some(None))?,
                rename: table.field("rename", Some(BTreeMap::new()))?,
                non_utf8: table.field("non_utf8", Some(NonUtf8::Raw))?,
                widen: table.field("widen", Some(false))?,
                drop_fields: table.field("drop_fields", Some(false))?,
                drop_holes: table.field("drop_holes", Some(false))?,
                functions: table.field("functions", Some(false))?,
                acknowledge: table.field("acknowledge", Some(false))?,
                retry: table.field("retry", Some(Duration::from_secs(1)))?,
                retry_max: table.field("retry_max", Some(Duration::from_secs(60)))?,
                queue: table.field("queue", Some(queue))?,
                places: BTreeMap::new(),
                url: url?,
            })
        })();
        if let Some(target) = &target {
            loops(target, &mut table);
        }
        table.finish();
        target
    }
}

/// Checks that published events are not received again: other bridges publish to the same topic.
fn loops(target: &ZeekTarget, table: &mut Table<'_, '_, '_, '_>) {
    let own = target.topic.split('{').next().unwrap_or_default();
    let meets = |prefix: &&String| own.starts_with(prefix.as_str()) || prefix.starts_with(own);
    let Some(prefix) = target.subscribe.iter().find(meets) else { return };
    let what = format_args!(
        "a subscription to \"{prefix}\" receives what is published under \"{}\": events would loop \
         forever; use topics with different prefixes",
        target.topic
    );
    if let Some(item) = table.item("subscribe", Vec::<String>::KIND) {
        let _: Option<()> = table.source.wrong(&item, what);
    } else if let Some(item) = table.item("topic", String::KIND) {
        let _: Option<()> = table.source.wrong(&item, what);
    }
}

/// Reads all targets, in the order of the file, without reading the files that they name.
pub(super) fn targets(table: &mut Table<'_, '_, '_, '_>, folder: &Path) -> Vec<ZeekTarget> {
    let Some(item) = table.item("zeek", ZeekTarget::KIND) else { return Vec::new() };
    let DeValue::Array(values) = item.value else {
        let _: Option<()> = table.source.wrong(&item, "expected an array of tables, [[zeek]]");
        return Vec::new();
    };
    let mut targets = Vec::new();
    for value in values.iter() {
        let path = item.path.clone();
        let item = Item { path, value: value.get_ref(), span: value.span() };
        if let Some(target) = ZeekTarget::read(&item, None, table.source) {
            let mut target = target.within(folder);
            let keys = ["url", "application", "signatures", "rename"];
            let place = |key| (key, table.source.place(&format!("zeek.{key}")));
            target.places = keys.into_iter().map(place).collect();
            targets.push(target);
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::super::Outputs;
    use super::super::load::read_with;
    use super::*;

    fn read(text: &str) -> Result<Vec<ZeekTarget>, Vec<String>> {
        let mut outputs = Outputs::default();
        match read_with(Path::new("folder/b.toml"), text, &mut outputs) {
            Ok(_) => Ok(outputs.zeek),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn targets_are_read_with_their_defaults() {
        let targets = read(
            "listen = true\n[[zeek]]\nurl = \"ws://h\"\n\
             [[zeek]]\nurl = \"ws://i:5\"\nto_zeek = \"a|b\"\nnon_utf8 = \"refuse\"\n\
             queue = { events = 5, overflow = \"block\" }\n",
        )
        .unwrap();
        assert_eq!(targets.len(), 2);
        assert_eq!(targets[0].url.to_string(), "ws://h:27759/v1/messages/json");
        assert_eq!(targets[0].queue.overflow, Overflow::DropOldest);
        assert!(targets[0].to_zeek.is_none());
        assert_eq!(targets[1].queue.bound.events, 5);
    }

    #[test]
    fn errors_have_positions() {
        for (text, expected) in [
            ("[zeek]\nurl = \"ws://h\"", "expected an array of tables, [[zeek]]"),
            ("[[zeek]]\napplication = \"x\"", "zeek.url is missing"),
            ("[[zeek]]\nurl = \"http://h\"", "expected ws:// or wss://"),
            ("[[zeek]]\nurl = \"ws://h\"\nnon_utf8 = \"x\"", "\"raw\", \"escape\" or \"refuse\""),
            ("[[zeek]]\nurl = \"ws://h\"\nsubscibe = []", "did you mean `subscribe`?"),
            ("[[zeek]]\nurl = \"ws://h\"\nsubscribe = [\"\"]", "events would loop forever"),
            ("[[zeek]]\nurl = \"ws://h\"\ntopic = \"brocomm/to-bro/x\"", "would loop forever"),
            ("[[zeek]]\nurl = \"ws://h\"\nto_zeek = \"(\"", "invalid pattern"),
            (
                "[[zeek]]\nurl = \"ws://h\"\nsignatures = \"none.zeek\"",
                "folder/b.toml:4:14: zeek.signatures: cannot read signatures: folder/none.zeek: no such",
            ),
            ("[[zeek]]\nurl = \"ws://h\"\nrename = { a = \"b\" }", "declares event b"),
            ("[[zeek]]\nurl = \"ws://h\"\napplication = \"a b\"", "b.toml:4:15: zeek.application"),
            ("[[zeek]]\nurl = \"ws://h\"\nca = \"ca.pem\"", "options for TLS need a wss://"),
            (
                "[[zeek]]\nurl = \"wss://h\"\nca = \"ca.pem\"",
                "folder/ca.pem: cannot read certificates",
            ),
        ] {
            let errors = read(&format!("listen = true\n{text}\n")).unwrap_err();
            assert!(errors.iter().any(|error| error.contains(expected)), "{text}: {errors:?}");
        }
    }
}
