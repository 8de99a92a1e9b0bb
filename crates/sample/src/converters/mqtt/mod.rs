//! `mqtt_is_valid`, `mqtt_field_value`: the first packet of either side of an MQTT session, CONNECT and CONNACK (MQTT 3.1,
//! 3.1.1 and 5.0).

use base::Lossy;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

mod fields;
mod packet;

use fields::{Field, PacketType};
use packet::{Content, Packet, Verdict};

/// A CONNECT packet of MQTT 3.1.1 with user name and password, in base64.
const CONNECT: &str = "ECgABE1RVFQEwgA8AAt0ZXN0X2NsaWVudAAFbHVrYXMACHBhc3N3b3Jk";

pub(super) static IS_VALID: Convert = Convert {
    name: "mqtt_is_valid",
    aliases: &[],
    params: &[],
    input: Type::Bin,
    out: Type::Bool,
    check: None,
    run: is_valid,
    doc: Doc {
        brief: "whether bytes begin with a valid CONNECT or CONNACK packet of MQTT",
        long: "There is no value while the packet is incomplete. Packets of other types count as invalid.",
        examples: &[
            Example { text: "b64dec,mqtt_is_valid", input: CONNECT, output: "1" },
            Example { text: "b64dec,mqtt_is_valid", input: "EAIAAA==", output: "0" },
        ],
    },
};

pub(super) static FIELD_VALUE: Convert = Convert {
    name: "mqtt_field_value",
    aliases: &[],
    params: &[Param::required("packet type", Kind::Str), Param::required("field", Kind::Str)],
    input: Type::Bin,
    out: Type::Str,
    check: Some(check),
    run: field_value,
    doc: Doc {
        brief: "value of a field of an MQTT packet",
        long: "The first argument is the type of the packet by name or number; only `connect` and `connack` have values. \
               The second is `flags`, `protocol_name`, `protocol_version`, `keepalive`, `client_identifier`, \
               `will_topic`, `will_payload`, `username`, `password`, `reason_code`, or the number of a property of \
               MQTT 5.0.",
        examples: &[
            Example { text: "b64dec,mqtt_field_value(connect,username)", input: CONNECT, output: "lukas" },
            Example {
                text: "b64dec,mqtt_field_value(connect,protocol_version)",
                input: CONNECT,
                output: "4",
            },
            Example { text: "b64dec,mqtt_field_value(1,flags)", input: CONNECT, output: "194" },
        ],
    },
};

/// What a use was compiled to.
struct Wanted {
    packet: PacketType,
    field: Field,
}

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let (packet_name, field_name) = (args.str(0).unwrap_or_default(), args.str(1).unwrap_or_default());
    let packet = PacketType::named(packet_name)
        .ok_or_else(|| compile.problem(format!("`{}` is no type of MQTT packets", Lossy(packet_name))))?;
    let field = Field::named(field_name).filter(|field| packet.may_have(*field)).ok_or_else(|| {
        let (field, packet) = (Lossy(field_name), Lossy(packet_name));
        compile.problem(format!("`{field}` is no field of the MQTT packet `{packet}`"))
    })?;
    args.prepared = Some(Box::new(Wanted { packet, field }));
    Ok(())
}

fn is_valid<'a>(value: Value<'a>, _: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    match packet::parse(&value.to_str()) {
        Verdict::Valid(_) => settled(txn, Some(Value::Bool(true))),
        Verdict::Invalid => settled(txn, Some(Value::Bool(false))),
        Verdict::Incomplete => None,
    }
}

fn field_value<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let wanted = args.prepared::<Wanted>()?;
    match packet::parse(&value.to_str()) {
        Verdict::Valid(packet) => settled(txn, shown(&packet, wanted)),
        Verdict::Invalid => settled(txn, None),
        Verdict::Incomplete => None,
    }
}

/// An answer that more bytes cannot change.
fn settled<'a>(txn: &Txn, answer: Option<Value<'a>>) -> Option<Value<'a>> {
    txn.is_settled.set(true);
    answer
}

fn shown(packet: &Packet<'_>, wanted: &Wanted) -> Option<Value<'static>> {
    if packet.of != wanted.packet {
        return None;
    }
    match packet.field(wanted.field)? {
        Content::Text(text) => (!text.is_empty()).then(|| Value::string(text.to_vec())),
        Content::Number(number) => Some(Value::string(number.to_string().into_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::CONNECT;
    use crate::testing::{convert, refusal};

    #[test]
    fn fields_of_connect() {
        for (field, wanted) in [
            ("protocol_name", Some("MQTT")),
            ("keepalive", Some("60")),
            ("client_identifier", Some("test_client")),
            ("password", Some("password")),
            ("will_topic", None),
            ("17", None),
        ] {
            let text = format!("b64dec,mqtt_field_value(connect,{field})");
            assert_eq!(convert(&text, CONNECT).as_deref(), wanted, "{field}");
        }
        assert_eq!(convert("b64dec,mqtt_field_value(connack,flags)", CONNECT), None);
    }

    #[test]
    fn names_that_cannot_be() {
        for text in [
            "mqtt_field_value(connect)",
            "mqtt_field_value(hello,flags)",
            "mqtt_field_value(connect,reason_code)",
            "mqtt_field_value(pingreq,flags)",
            "mqtt_field_value(16,flags)",
        ] {
            assert!(refusal(text).is_some(), "{text}");
        }
        assert_eq!(refusal("mqtt_field_value(PUBLISH,35)"), None);
    }
}
