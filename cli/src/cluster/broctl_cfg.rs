//! The options of `broctl.cfg` that say where nodes listen.

use std::collections::BTreeMap;

use super::problem::Problem;

/// The first port. BroControl uses it itself.
const PORT: u16 = 47760;

/// What `broctl.cfg` says about addresses and ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BroctlCfg {
    /// `BroPort`: the first port.
    pub(super) port: u16,
    /// `ZoneID`: the zone of addresses as BroControl's host sees them.
    pub(super) zone_id: String,
    /// `TimeMachineHost` and `TimeMachinePort`.
    pub(super) time_machine: Option<(String, String)>,
    /// `IPv6Comm`.
    pub(super) ipv6: bool,
    /// `lb_custom.InterfacePrefix` and `lb_custom.InterfaceSuffix`.
    pub(super) custom: (String, String),
}

impl Default for BroctlCfg {
    fn default() -> BroctlCfg {
        BroctlCfg {
            port: PORT,
            zone_id: String::new(),
            time_machine: None,
            ipv6: true,
            custom: (String::new(), String::new()),
        }
    }
}

impl BroctlCfg {
    /// Reads the text of the file. Keys are case-insensitive, and the last one of several applies.
    pub(super) fn read(text: &str, problems: &mut Vec<Problem>) -> BroctlCfg {
        let mut options: BTreeMap<String, (usize, &str)> = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let (number, line) = (index.saturating_add(1), line.trim());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once('=') {
                None => problems.push(Problem::at(number, "expected `option = value`")),
                Some((key, value)) => {
                    options.insert(key.trim().to_lowercase(), (number, value.trim()));
                }
            }
        }
        let mut cfg = BroctlCfg::default();
        let text = |key: &str| options.get(key).map(|(_, value)| (*value).to_owned());
        if let Some((line, value)) = options.get("broport") {
            match value.parse() {
                Ok(port @ 1..) => cfg.port = port,
                _ => problems.push(Problem::at(
                    *line,
                    format!("BroPort = {value}: not a port: must be 1 to 65535"),
                )),
            }
        }
        if let Some((line, value)) = options.get("ipv6comm") {
            match value.to_lowercase().as_str() {
                "1" | "true" => cfg.ipv6 = true,
                "0" | "false" => cfg.ipv6 = false,
                _ => problems.push(Problem::at(
                    *line,
                    format!("IPv6Comm = {value}: expected 0, 1, true or false"),
                )),
            }
        }
        cfg.zone_id = text("zoneid").unwrap_or_default();
        let port = text("timemachineport").unwrap_or_else(|| "47757/tcp".to_owned());
        cfg.time_machine =
            text("timemachinehost").filter(|host| !host.is_empty()).map(|host| (host, port));
        cfg.custom = (
            text("lb_custom.interfaceprefix").unwrap_or_default(),
            text("lb_custom.interfacesuffix").unwrap_or_default(),
        );
        cfg
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_an_option_applies() {
        let mut problems = Vec::new();
        let text = "# x\nBroPort = 1\nbroport=47000\nTimeMachineHost = 10.0.0.9\nIPv6Comm = False\n\
            ZoneID = eth0\nlb_custom.InterfacePrefix = af_packet::\nMailTo = root\n";
        let cfg = BroctlCfg::read(text, &mut problems);
        assert_eq!(problems, []);
        let time_machine = Some(("10.0.0.9".to_owned(), "47757/tcp".to_owned()));
        let custom = ("af_packet::".to_owned(), String::new());
        let expected = BroctlCfg {
            port: 47000,
            zone_id: "eth0".to_owned(),
            time_machine,
            ipv6: false,
            custom,
        };
        assert_eq!(cfg, expected);
    }

    #[test]
    fn errors_have_lines() {
        for (text, expected) in [
            ("x", "1: expected `option = value`"),
            ("\nBroPort=0", "2: BroPort = 0: not a port: must be 1 to 65535"),
            ("IPv6Comm=yes", "1: IPv6Comm = yes: expected 0, 1, true or false"),
        ] {
            let mut problems = Vec::new();
            BroctlCfg::read(text, &mut problems);
            assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
        }
    }
}
