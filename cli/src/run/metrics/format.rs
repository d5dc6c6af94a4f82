//! The two text formats of Prometheus, and content negotiation.

use hyper::header::HeaderValue;

/// A text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// The Prometheus text format, version 0.0.4, which every scraper supports.
    Plain,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Format {
    /// Chooses the format by the `Accept` headers of a request. The default is the plain format.
    pub(super) fn accepted<'a>(headers: impl IntoIterator<Item = &'a HeaderValue>) -> Format {
        let headers = headers.into_iter().filter_map(|header| header.to_str().ok());
        let ranges: Vec<Range<'_>> =
            headers.flat_map(|header| split(header, ',')).filter_map(Range::parse).collect();
        let quality = |format: Format| {
            let fitting =
                ranges.iter().filter_map(|range| Some((range.fits(format)?, range.quality)));
            // The most specific range has priority.
            let best = fitting.max_by(|(a, of_a), (b, of_b)| a.cmp(b).then(of_a.total_cmp(of_b)));
            best.map_or(0.0, |(_, quality)| quality)
        };
        if quality(Format::OpenMetrics) > quality(Format::Plain) {
            Format::OpenMetrics
        } else {
            Format::Plain
        }
    }

    /// Returns the content type of the format.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Format::Plain => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Converts an OpenMetrics text to this format.
    pub(super) fn of(self, open_metrics: String) -> String {
        match self {
            Format::Plain => plain(&open_metrics),
            Format::OpenMetrics => open_metrics,
        }
    }

    const fn media_type(self) -> (&'static str, &'static str) {
        match self {
            Format::Plain => ("text", "plain"),
            Format::OpenMetrics => ("application", "openmetrics-text"),
        }
    }

    fn is_version(self, version: &str) -> bool {
        match self {
            Format::Plain => version == "0.0.4",
            // A reader of the draft version understands this output.
            Format::OpenMetrics => matches!(version, "1.0.0" | "0.0.1"),
        }
    }
}

/// A media range of an `Accept` header.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    version: Option<&'a str>,
    quality: f64,
}

impl Range<'_> {
    /// Parses a range such as `text/plain; version=0.0.4; q=0.5`. Returns `None` if it is invalid.
    fn parse(text: &str) -> Option<Range<'_>> {
        let mut parts = split(text, ';');
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut range =
            Range { kind: kind.trim(), subtype: subtype.trim(), version: None, quality: 1.0 };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            if name.trim().eq_ignore_ascii_case("version") {
                range.version = Some(value);
            } else if name.trim().eq_ignore_ascii_case("q") {
                range.quality =
                    value.parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
            }
        }
        Some(range)
    }

    /// Returns how specifically the range matches a format, if it does.
    fn fits(&self, format: Format) -> Option<u8> {
        let (kind, subtype) = format.media_type();
        let is = |range: &str, wanted: &str| range.eq_ignore_ascii_case(wanted);
        match self.version {
            _ if self.kind == "*" && self.subtype == "*" => Some(0),
            _ if is(self.kind, kind) && self.subtype == "*" => Some(1),
            None if is(self.kind, kind) && is(self.subtype, subtype) => Some(2),
            Some(version) if is(self.kind, kind) && is(self.subtype, subtype) => {
                format.is_version(version).then_some(3)
            }
            _ => None,
        }
    }
}

/// Splits a header at a character outside quotes.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == at && !is_quoted
    })
}

/// Converts OpenMetrics to version 0.0.4. That version includes sample suffixes in family names,
/// and has no types `info` and `unknown`, no units, no escaped quotes in help texts and no `# EOF`.
fn plain(open_metrics: &str) -> String {
    let types =
        open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let types: std::collections::BTreeMap<&str, &str> = types.collect();
    let family = |name: &str| match types.get(name) {
        Some(&"counter") => format!("{name}_total"),
        Some(&"info") => format!("{name}_info"),
        _ => name.to_owned(),
    };
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let line = match line.strip_prefix("# ").and_then(|line| line.split_once(' ')) {
            _ if line == "# EOF" => continue,
            Some(("UNIT", _)) => continue,
            Some(("TYPE", of)) => match of.split_once(' ') {
                Some((name, "info")) => format!("# TYPE {} gauge", family(name)),
                Some((name, "unknown")) => format!("# TYPE {name} untyped"),
                Some((name, kind)) => format!("# TYPE {} {kind}", family(name)),
                None => continue,
            },
            Some(("HELP", of)) => match of.split_once(' ') {
                Some((name, help)) => {
                    format!("# HELP {} {}", family(name), help.replace("\\\"", "\""))
                }
                None => continue,
            },
            _ => line.to_owned(),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(headers: &[&'static str]) -> Format {
        let headers: Vec<_> =
            headers.iter().map(|header| HeaderValue::from_static(header)).collect();
        Format::accepted(&headers)
    }

    #[test]
    fn the_accept_header_selects_the_format() {
        use Format::{OpenMetrics, Plain};
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
            application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,\
            */*;q=0.1";
        for (headers, format) in [
            (&[][..], Plain),
            (&["*/*"], Plain),
            (&["text/html, */*;q=0.8"], Plain),
            (&["image/png"], Plain),
            (&[prometheus], OpenMetrics),
            (&["application/openmetrics-text"], OpenMetrics),
            (&["Application/OpenMetrics-Text; Version=\"1.0.0\""], OpenMetrics),
            (&["application/*"], OpenMetrics),
            (&["text/plain;version=0.0.4, application/openmetrics-text"], Plain),
            (&["text/plain; q=0.5", "application/openmetrics-text; q=0.6"], OpenMetrics),
            (&["text/plain;q=0.6,application/openmetrics-text;Q=0.5"], Plain),
            // An unsupported version.
            (&["application/openmetrics-text;version=9.0.0, text/plain;q=0.1"], Plain),
            (&["text/plain;version=1.0.0, application/openmetrics-text;q=0.1"], OpenMetrics),
            // A specific range has priority.
            (&["*/*, application/openmetrics-text;q=0"], Plain),
            (&["*/*;q=0.9, text/plain;q=0.1"], OpenMetrics),
            (&["text/plain;q=0, */*"], OpenMetrics),
            // Invalid ranges are ignored.
            (&["application/openmetrics-text;q=2, text/plain;q=0.1", ";;,=,/"], Plain),
            (&["x/y;a=\"b,application/openmetrics-text\", text/*;q=0.001"], Plain),
        ] {
            assert_eq!(accepted(headers), format, "{headers:?}");
        }
    }

    #[test]
    fn the_plain_format_uses_its_own_names() {
        let open_metrics = "\
            # HELP a_b Which \\\"it\\\" is\\n \\\\.\n# TYPE a_b info\na_b_info{v=\"1\\\"\"} 1\n\
            # HELP a_c Bytes.\n# TYPE a_c counter\n# UNIT a_c bytes\na_c_total{x=\"# EOF\"} 7\n\
            # HELP a_d A gauge.\n# TYPE a_d gauge\na_d 1.5\n# EOF\n";
        assert_eq!(
            plain(open_metrics),
            "\
            # HELP a_b_info Which \"it\" is\\n \\\\.\n# TYPE a_b_info gauge\na_b_info{v=\"1\\\"\"} 1\n\
            # HELP a_c_total Bytes.\n# TYPE a_c_total counter\na_c_total{x=\"# EOF\"} 7\n\
            # HELP a_d A gauge.\n# TYPE a_d gauge\na_d 1.5\n"
        );
    }
}
