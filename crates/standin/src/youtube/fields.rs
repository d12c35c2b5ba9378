//! Adding to JSON objects.

use serde_json::Value;

/// Sets a field of an object; anything else is left alone.
pub(super) fn set(object: &mut Value, field: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(field.to_owned(), value);
    }
}
