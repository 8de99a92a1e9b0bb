//! How `show table` prints a table (management guide, `show table`).

use std::io::Write;

use base::clock::Millis;

use super::data::Kind;
use super::key::KeyType;
use super::spec::Stored;
use super::store::Table;
use super::tracked::Tracked;

impl Table {
    /// Appends the line before the entries: name, type, size and number of entries.
    pub fn show_head(&self, now: Millis, out: &mut Vec<u8>) {
        let spec = self.spec();
        // Writing to a Vec cannot fail.
        let _ = writeln!(
            out,
            "# table: {}, type: {}, size:{}, used:{}",
            self.name(),
            spec.key.name(),
            spec.size,
            self.used(now)
        );
    }
}

impl Tracked {
    /// Appends the entry's line: its id, key, users (without this one), time left, and all data.
    pub fn show(&self, now: Millis, out: &mut Vec<u8>) {
        let _ = write!(out, "{:#x}: key=", self.id());
        self.show_key(out);
        let _ = write!(out, " use={} exp={} shard=0", self.uses().saturating_sub(1), self.expires_in(now));
        let mut stored = self.table().spec().stored.clone();
        stored.sort_by_key(|stored| stored.data as u8);
        for stored in stored {
            for index in 0..usize::from(stored.count) {
                self.show_data(&stored, index, now, out);
            }
        }
        out.push(b'\n');
    }

    /// Appends the key: text with escapes, bytes in hexadecimal.
    fn show_key(&self, out: &mut Vec<u8>) {
        match self.table().spec().key {
            KeyType::Ip | KeyType::Ipv6 | KeyType::Integer => self.key_value().write_str(out),
            KeyType::String { .. } => self.key().as_bytes().iter().for_each(|byte| push_escaped(out, *byte)),
            KeyType::Binary { .. } => {
                for byte in self.key().as_bytes() {
                    let _ = write!(out, "{byte:02X}");
                }
            }
        }
    }

    fn show_data(&self, stored: &Stored, index: usize, now: Millis, out: &mut Vec<u8>) {
        let name = stored.data.name();
        // An element's index stands before the first underscore: gpc3_rate.
        let (stem, rest) = name.split_at(name.find('_').unwrap_or(name.len()));
        let _ =
            if stored.data.is_array() { write!(out, " {stem}{index}{rest}") } else { write!(out, " {name}") };
        let _ = if stored.data.kind() == Kind::Rate {
            write!(out, "({})=", stored.period_ms)
        } else {
            write!(out, "=")
        };
        match self.get(stored.data, index, now) {
            Some(value) => base::bytes::push_decimal(out, value),
            None => out.extend_from_slice(self.server_key().as_deref().unwrap_or(b"-")),
        }
    }
}

fn push_escaped(out: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        b'\t' => b't',
        b'\n' => b'n',
        b'\r' => b'r',
        0x1b => b'e',
        b'\\' | b' ' | b'=' => byte,
        _ if byte.is_ascii_graphic() => return out.push(byte),
        _ => {
            let _ = write!(out, "\\x{byte:02X}");
            return;
        }
    };
    out.extend([b'\\', letter]);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::{DataType, Gpc, TableSpec};
    use super::*;
    use crate::value::Value;

    fn shown(key: KeyType, value: &Value<'_>) -> String {
        let mut spec = TableSpec::new("t", key, 10);
        spec.expire = Some(Duration::from_secs(30));
        spec.store("http_req_rate(10s),gpc(2),server_key,gpc_rate(1,5s),server_id").unwrap();
        let table = Table::new(spec);
        let now = Millis(1_000);
        let entry = table.get_or_create(&table.key(value).unwrap(), now).unwrap();
        entry.count_http_request(now);
        entry.count_gpc(Gpc::Element(0), 4, now);
        entry.set(DataType::ServerId, 0, -1, now).unwrap();
        entry.set_server_key(Some(Arc::from(&b"s1"[..])), now);
        let mut out = Vec::new();
        table.show_head(now, &mut out);
        entry.show(Millis(1_500), &mut out);
        let text = String::from_utf8(out).unwrap();
        text.replace(&format!("{:#x}", entry.id()), "ID")
    }

    #[test]
    fn a_table() {
        assert_eq!(
            shown(KeyType::Integer, &Value::Int(7)),
            "# table: t, type: integer, size:10, used:1\n\
             ID: key=7 use=0 exp=29500 shard=0 server_id=-1 http_req_rate(10000)=1 server_key=s1 gpc0=4 gpc1=0 \
             gpc0_rate(5000)=4\n"
        );
    }

    #[test]
    fn keys() {
        let key = |kind, value: &Value<'_>| {
            let text = shown(kind, value);
            text.split("key=").nth(1).unwrap().split(" use=").next().unwrap().to_owned()
        };
        assert_eq!(key(KeyType::String { len: 20 }, &Value::str(b"a b=\\\n\xe9")), r"a\ b\=\\\n\xE9");
        assert_eq!(key(KeyType::Binary { len: 3 }, &Value::bin(b"\x01\xff")), "01FF00");
        assert_eq!(key(KeyType::Ipv6, &Value::str(b"2001:db8::1")), "2001:db8::1");
    }
}
