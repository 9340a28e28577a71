//! The published shape of every method and type, and whether a request keeps to it.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::OnceLock;

#[derive(Deserialize)]
struct Published {
    methods: HashMap<String, Vec<Field>>,
    types: HashMap<String, Shape>,
}

#[derive(Deserialize)]
struct Shape {
    #[serde(default)]
    fields: Vec<Field>,
    #[serde(default)]
    subtypes: Vec<String>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    types: Vec<String>,
    required: bool,
}

fn published() -> &'static Published {
    static READ: OnceLock<Published> = OnceLock::new();
    READ.get_or_init(|| {
        let text = include_str!("../../../fixtures/telegram-api.json");
        serde_json::from_str(text).expect("the fixture is JSON of this shape")
    })
}

/// What is wrong with a request, if anything is.
pub fn fault(method: &str, body: &Value) -> Option<String> {
    let published = published();
    let Some(fields) = published.methods.get(method) else {
        return Some(format!("there is no method {method}"));
    };
    let empty = Map::new();
    let given = match body {
        Value::Object(given) => given,
        Value::Null => &empty,
        _ => return Some(format!("{method}: the body is no object")),
    };
    published.object(fields, given).map(|fault| format!("{method}: {fault}"))
}

impl Published {
    fn object(&self, fields: &[Field], given: &Map<String, Value>) -> Option<String> {
        for name in given.keys() {
            if !fields.iter().any(|f| f.name == *name) {
                return Some(format!("unknown field {name}"));
            }
        }
        for field in fields {
            match given.get(&field.name) {
                None if field.required => return Some(format!("{} is missing", field.name)),
                None => {}
                Some(value) => {
                    let faults: Vec<_> = field.types.iter().map(|t| self.value(t, value)).collect();
                    if faults.iter().all(Option::is_some) {
                        let first = faults.into_iter().flatten().next().unwrap_or_default();
                        return Some(format!("{}: {first}", field.name));
                    }
                }
            }
        }
        None
    }

    fn value(&self, kind: &str, value: &Value) -> Option<String> {
        if let Some(inner) = kind.strip_prefix("Array of ") {
            return match value {
                Value::Array(items) => items.iter().find_map(|item| self.value(inner, item)),
                _ => Some("not an array".to_owned()),
            };
        }
        let fits = match kind {
            "Integer" => value.is_i64(),
            "Float" => value.is_number(),
            "String" => value.is_string(),
            "Boolean" => value.is_boolean(),
            _ => return self.named(kind, value),
        };
        (!fits).then(|| format!("not of type {kind}"))
    }

    fn named(&self, kind: &str, value: &Value) -> Option<String> {
        let Some(shape) = self.types.get(kind) else {
            return Some(format!("the type {kind} is not known here"));
        };
        if !shape.subtypes.is_empty() {
            let fits = shape.subtypes.iter().any(|sub| self.named(sub, value).is_none());
            return (!fits).then(|| format!("none of the forms of {kind}"));
        }
        match value {
            Value::Object(given) => self.object(&shape.fields, given),
            _ => Some(format!("not a {kind}")),
        }
    }
}
