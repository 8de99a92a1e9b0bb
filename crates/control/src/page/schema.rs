//! The schema of the JSON forms of `show info` and `show stat` (`show schema json`, `;json-schema`).

use serde_json::{Value, json};

/// The schema, on one line.
pub(crate) fn schema() -> Vec<u8> {
    let mut out = serde_json::to_vec(&document()).unwrap_or_default();
    out.push(b'\n');
    out
}

fn document() -> Value {
    let info = json!({"title": "Info", "type": "array", "items": field(json!({}), &[])});
    let place = json!({
        "objType": {"enum": ["Frontend", "Backend", "Listener", "Server", "Unknown"]},
        "proxyId": {"type": "integer", "minimum": 0},
        "id": {"type": "integer", "minimum": 0},
    });
    let stat = field(place, &["objType", "proxyId", "id"]);
    let stats = json!({"title": "Stat", "type": "array", "items": {"type": "array", "items": stat}});
    json!({"$schema": "http://json-schema.org/draft-04/schema#", "oneOf": [info, stats, error()]})
}

/// What a field is, with the members that say where it belongs.
fn field(place: Value, required: &[&str]) -> Value {
    let mut members = json!({
        "field": {
            "type": "object",
            "properties": {"pos": {"type": "integer", "minimum": 0}, "name": {"type": "string"}},
            "required": ["pos", "name"],
        },
        "processNum": {"type": "integer", "minimum": 1},
        "tags": tags(),
        "value": value(),
    });
    if let (Value::Object(members), Value::Object(place)) = (&mut members, place) {
        members.extend(place);
    }
    let mut all = vec!["field", "processNum", "tags", "value"];
    all.extend_from_slice(required);
    json!({"type": "object", "properties": members, "required": all})
}

fn tags() -> Value {
    json!({
        "type": "object",
        "properties": {
            "origin": {"enum": ["Metric", "Status", "Key", "Config", "Product", "Unknown"]},
            "nature": {"enum": ["Gauge", "Limit", "Min", "Max", "Rate", "Counter", "Duration", "Age", "Time", "Name",
                "Output", "Avg", "Unknown"]},
            "scope": {"enum": ["Cluster", "Process", "Service", "System", "Unknown"]},
        },
        "required": ["origin", "nature", "scope"],
    })
}

fn value() -> Value {
    let one = |name: &str, kind: &str, minimum: Option<i64>, maximum: Option<i64>| {
        let mut number = json!({"type": kind});
        if let (Value::Object(number), Some(minimum)) = (&mut number, minimum) {
            number.insert("minimum".into(), minimum.into());
        }
        if let (Value::Object(number), Some(maximum)) = (&mut number, maximum) {
            number.insert("maximum".into(), maximum.into());
        }
        json!({
            "type": "object",
            "properties": {"type": {"enum": [name]}, "value": number},
            "required": ["type", "value"],
        })
    };
    // Larger ones are not exact in JavaScript.
    let safe = (1i64 << 53) - 1;
    json!({"oneOf": [
        one("s32", "integer", Some(i64::from(i32::MIN)), Some(i64::from(i32::MAX))),
        one("s64", "integer", Some(-safe), Some(safe)),
        one("u32", "integer", Some(0), Some(i64::from(u32::MAX))),
        one("u64", "integer", Some(0), Some(safe)),
        one("flt", "number", None, None),
        one("str", "string", None, None),
    ]})
}

fn error() -> Value {
    json!({
        "title": "Error",
        "type": "object",
        "properties": {"errorStr": {"type": "string"}},
        "required": ["errorStr"],
    })
}
