//! Selected parts of events, in columns.

use std::str::FromStr;
use std::sync::Arc;

use brocomm::data::{Declarations, Event, EventDecl, Field, Name, Type, Value};

use crate::config::suggestion;
use crate::decode::printed;

/// The text for a part without a value.
const UNSET: &str = "-";

/// Paths into the arguments of events, as given on the command line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fields(Vec<Path>);

/// The name of a parameter or its number from 1, and the names of fields.
#[derive(Debug, Clone, PartialEq)]
struct Path(Vec<String>);

impl FromStr for Fields {
    type Err = String;

    /// Parses `c.id.orig_h,c.uid`. `$` can be used instead of a point.
    fn from_str(text: &str) -> Result<Fields, String> {
        let path = |text: &str| {
            let parts: Vec<String> = text.trim().split(['.', '$']).map(str::to_owned).collect();
            match parts.iter().any(String::is_empty) {
                true => Err("expected PARAMETER.FIELD.…, with commas between several".to_owned()),
                false => Ok(Path(parts)),
            }
        };
        Ok(Fields(text.split(',').map(path).collect::<Result<_, _>>()?))
    }
}

/// Paths that have been checked against the declared events.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    fields: Fields,
    declarations: Arc<Declarations>,
}

impl Fields {
    /// Checks that each path leads to something in one of the events.
    ///
    /// # Errors
    /// The first path that leads to nothing, with the possible names.
    pub(crate) fn choose(
        &self,
        declarations: &Arc<Declarations>,
        events: &[Name],
    ) -> Result<Chosen, String> {
        let events: Vec<&EventDecl> =
            events.iter().filter_map(|name| declarations.event(name)).collect();
        for path in &self.0 {
            let mut why = None;
            let fits = events.iter().any(|event| match path.check(event, declarations) {
                Ok(()) => true,
                Err(wrong) => {
                    // Report the event in which the path leads furthest.
                    why.get_or_insert(wrong);
                    false
                }
            });
            if !fits {
                let why = why.unwrap_or_else(|| "no event is requested".to_owned());
                return Err(format!("{}: {why}", path.0.join(".")));
            }
        }
        Ok(Chosen { fields: self.clone(), declarations: Arc::clone(declarations) })
    }
}

impl Chosen {
    /// Returns the columns of an event, separated by tabs, or `None` if no path applies to it.
    pub(crate) fn line(&self, event: &Event) -> Option<String> {
        let declared = self.declarations.event(&event.name);
        let mut is_any = false;
        let columns = self.fields.0.iter().map(|path| {
            let (first, fields) = path.0.split_first()?;
            let place = place(first, declared)?;
            let mut value = event.args.get(place)?;
            is_any = true;
            for field in fields {
                let Value::Record(record) = value else { return None };
                let names = record.ty.fields()?;
                let place = names.iter().position(|one| one.name == field.as_str())?;
                value = record.fields.get(place)?.as_ref()?;
            }
            Some(printed::without_tabs(&printed::value(value)))
        });
        let columns: Vec<String> =
            columns.map(|column| column.unwrap_or_else(|| UNSET.to_owned())).collect();
        is_any.then(|| columns.join("\t"))
    }
}

impl Path {
    fn check(&self, event: &EventDecl, declarations: &Declarations) -> Result<(), String> {
        let name = printed::bytes(&event.name);
        let Some((first, fields)) = self.0.split_first() else { return Ok(()) };
        let param = place(first, Some(event)).and_then(|place| event.params.get(place));
        let param = param.ok_or_else(|| missing(&name, "parameter", first, &event.params))?;
        let (mut ty, mut whole) = (param.ty.clone(), format!("{name}, {first}"));
        for field in fields {
            ty = known(ty, declarations);
            let Some(there) = ty.fields() else {
                // The type of an `any` is known only when a value arrives.
                return if ty == Type::ANY {
                    Ok(())
                } else {
                    Err(format!("{whole} is of type {ty}, which has no fields"))
                };
            };
            let next = there.iter().find(|one| one.name == field.as_str());
            let next = next.ok_or_else(|| missing(&whole, "field", field, there))?.ty.clone();
            whole = format!("{whole}.{field}");
            ty = next;
        }
        Ok(())
    }
}

/// Returns the definition of a named type.
fn known(ty: Type, declarations: &Declarations) -> Type {
    match &ty {
        Type::Named(name) => declarations.ty(&***name).cloned().unwrap_or(ty),
        _ => ty,
    }
}

/// Returns the index of the parameter with this name or number.
fn place(name: &str, event: Option<&EventDecl>) -> Option<usize> {
    let by_name = |event: &EventDecl| event.params.iter().position(|param| param.name == name);
    event.and_then(by_name).or_else(|| name.parse::<usize>().ok()?.checked_sub(1))
}

fn missing(whole: &str, what: &str, name: &str, there: &[Field]) -> String {
    let names: Vec<String> = there.iter().map(|field| printed::bytes(&field.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match suggestion(name, &names) {
        hint if hint.is_empty() && names.len() <= 12 => {
            format!("{whole} has no {what} {name}; it has {}", names.join(", "))
        }
        hint => format!("{whole} has no {what} {name}{hint}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Arc<Declarations> {
        let mut declared = Declarations::new();
        let types = "type Id: record { h: addr; p: port &optional; };
            type Conn: record { id: Id; uid: string; };
            event seen(c: Conn, n: count); event tick(n: count); event loose(x: any);";
        declared.read(types).unwrap();
        Arc::new(declared)
    }

    fn choose(fields: &str) -> Result<Chosen, String> {
        let fields: Fields = fields.parse()?;
        fields.choose(&declared(), &["seen".into(), "tick".into(), "loose".into()])
    }

    fn line(fields: &str, event: &str) -> Option<String> {
        choose(fields).unwrap().line(&Event::parse(event, &declared()).unwrap())
    }

    #[test]
    fn selected_fields_are_columns() {
        let seen = "seen([$id=[$h=1.2.3.4], $uid=\"C\\t1\"], 7)";
        assert_eq!(line("c.id.h,c$uid", seen).as_deref(), Some("1.2.3.4\tC\\x091"));
        assert_eq!(line("c.id.p, n", seen).as_deref(), Some("-\t7"));
        assert_eq!(line("2,1.uid", seen).as_deref(), Some("7\tC\\x091"));
        assert_eq!(line("c.uid", "tick(3)"), None);
        assert_eq!(line("c.uid,n", "tick(3)").as_deref(), Some("-\t3"));
    }

    #[test]
    fn unknown_fields_are_errors() {
        for (fields, why) in [
            ("", "expected PARAMETER.FIELD.…, with commas between several"),
            ("c..uid", "expected PARAMETER.FIELD.…, with commas between several"),
            ("c.uid,", "expected PARAMETER.FIELD.…, with commas between several"),
            ("c.uix", "c.uix: seen, c has no field uix; did you mean `uid`?"),
            ("c.zzzz", "c.zzzz: seen, c has no field zzzz; it has id, uid"),
            ("q", "q: seen has no parameter q; it has c, n"),
            ("0", "0: seen has no parameter 0; it has c, n"),
            ("c.id.h.x", "c.id.h.x: seen, c.id.h is of type addr, which has no fields"),
        ] {
            match choose(fields) {
                Ok(_) => panic!("{fields}"),
                Err(error) => assert_eq!(error, why),
            }
        }
        assert!(choose("x.anything").is_ok());
    }
}
