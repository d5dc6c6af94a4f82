//! Validation of JSON lines against the schema in the book.
//!
//! Supports only the keywords that the schema uses. Any other is an error.

use std::sync::OnceLock;

use regex::Regex;
use serde_json::{Map, Value};

/// Keywords that are annotations.
const REMARKS: [&str; 4] = ["$schema", "title", "description", "$defs"];

/// Returns the schema.
pub(crate) fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/src/brocomm.schema.json");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    })
}

/// Validates a value against the definition with this name.
pub(crate) fn check(name: &str, value: &Value) -> Result<(), String> {
    let definition = schema()["$defs"].get(name).unwrap_or_else(|| panic!("no schema for {name}"));
    fits(definition, value).map_err(|why| format!("{name}: {why}: {value}"))
}

fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    let schema = schema.as_object().expect("a schema is an object");
    for (keyword, with) in schema.iter().filter(|(keyword, _)| !REMARKS.contains(&keyword.as_str()))
    {
        keyword_fits(schema, keyword, with, value)?;
    }
    Ok(())
}

fn keyword_fits(
    schema: &Map<String, Value>,
    keyword: &str,
    with: &Value,
    value: &Value,
) -> Result<(), String> {
    let (object, array) = (value.as_object(), value.as_array());
    let wrong = |why: String| Err(format!("{keyword}: {why}"));
    let all = || with.as_array().expect("an array of schemas").iter();
    match keyword {
        "$ref" => {
            let name = with.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
            let definition = self::schema()["$defs"].get(name);
            fits(definition.unwrap_or_else(|| panic!("no definition {name}")), value)
        }
        "type" => {
            let mut types = match with {
                Value::Array(types) => types.iter(),
                one => std::slice::from_ref(one).iter(),
            };
            match types.any(|ty| is_of(value, ty.as_str().unwrap())) {
                true => Ok(()),
                false => wrong(format!("{value} is not of {with}")),
            }
        }
        "const" if with != value => wrong(format!("{value} is not {with}")),
        "enum" if !all().any(|one| one == value) => wrong(format!("{value} is not among {with}")),
        "pattern" => match value.as_str() {
            Some(text) if !Regex::new(with.as_str().unwrap()).unwrap().is_match(text) => {
                wrong(format!("{text} does not match {with}"))
            }
            _ => Ok(()),
        },
        "anyOf" => {
            let faults: Vec<String> = all().filter_map(|one| fits(one, value).err()).collect();
            if faults.len() < all().count() { Ok(()) } else { wrong(faults.join("; ")) }
        }
        "not" if fits(with, value).is_ok() => wrong(format!("{value} fits {with}")),
        "required" => match all()
            .find(|key| object.is_some_and(|object| !object.contains_key(key.as_str().unwrap())))
        {
            Some(key) => wrong(format!("{key} is missing")),
            None => Ok(()),
        },
        "properties" => {
            let known = with.as_object().unwrap();
            let members = object.into_iter().flatten();
            let mut parts = members.filter_map(|(key, part)| Some((key, known.get(key)?, part)));
            parts.try_for_each(|(key, schema, part)| {
                fits(schema, part).map_err(|why| format!("{key}.{why}"))
            })
        }
        "additionalProperties" => {
            let known = schema.get("properties").and_then(Value::as_object);
            let is_known = |key: &String| known.is_some_and(|known| known.contains_key(key));
            let members = object.into_iter().flatten();
            let mut others = members.filter(|(key, _)| !is_known(key));
            others.try_for_each(|(key, part)| match with {
                Value::Bool(false) => wrong(format!("unknown key {key}")),
                with => fits(with, part).map_err(|why| format!("{key}.{why}")),
            })
        }
        "items" => array.into_iter().flatten().try_for_each(|item| fits(with, item)),
        "minItems" | "maxItems" => {
            let (bound, length) = (with.as_u64().unwrap(), array.map(|array| array.len() as u64));
            match length {
                Some(length) if keyword == "minItems" && length < bound => {
                    wrong(length.to_string())
                }
                Some(length) if keyword == "maxItems" && length > bound => {
                    wrong(length.to_string())
                }
                _ => Ok(()),
            }
        }
        "const" | "enum" | "not" => Ok(()),
        _ => panic!("this keyword is not checked: {keyword}"),
    }
}

fn is_of(value: &Value, ty: &str) -> bool {
    match ty {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => panic!("no type {ty}"),
    }
}
