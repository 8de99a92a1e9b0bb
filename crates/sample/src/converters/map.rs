//! `map`, `map_*`: values looked up in a file (configuration manual, chapter 7.1 and `map`).
//!
//! The name says how patterns are compared (`map_beg`, `map_ip`) and what their values are: text, integers (`_int`) or
//! addresses (`_ip`); with `_key` the pattern itself is the result.

use base::Lossy;
use diag::codes;
use keyword::{Doc, Example};
use state::pattern::{Case, Columns, Map, Method, Output, UsedBy};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::patterns;
use crate::rows::{Convert, ConvertFn};
use crate::txn::Txn;

/// What a map converter keeps: the map, and what holds when nothing matches.
struct Prepared {
    map: Map,
    otherwise: Option<Value<'static>>,
}

/// Tells [`row`] apart rows for values and rows for the patterns themselves.
#[derive(Clone, Copy)]
enum Selects {
    Value,
    Pattern,
}

/// A row of this family. Method and output are positions among all methods and outputs: functions with these in their
/// types know them without being told, as a row's functions must.
const fn row<const METHOD: usize, const OUTPUT: usize>(
    name: &'static str,
    selects: Selects,
    brief: &'static str,
    examples: &'static [Example],
) -> Convert {
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other method compares text")]
    let input = match Method::ALL[METHOD] {
        Method::Int => Type::Int,
        Method::Ip => Type::Addr,
        _ => Type::Str,
    };
    let (params, out, run): (&[Param], Type, ConvertFn) = match (selects, OUTPUTS[OUTPUT]) {
        (Selects::Pattern, _) => (FILE, Type::Str, pattern),
        (Selects::Value, Output::Str) => (FILE_AND_TEXT, Type::Str, value),
        (Selects::Value, Output::Int) => (FILE_AND_INT, Type::Int, value),
        (Selects::Value, Output::Ip) => (FILE_AND_TEXT, Type::Addr, value),
    };
    let doc = Doc { brief, long: LONG, examples };
    Convert { name, aliases: &[], params, input, out, check: Some(check::<METHOD, OUTPUT>), run, doc }
}

const LONG: &str = "The file has a pattern and its value on each line. Where several patterns match, the longest one counts \
                    for beginnings and networks, for the others the first in the file. The second argument is the value \
                    when none matches; without it there is none then. All converters and conditions that name the same \
                    file share its entries, which the runtime API changes. `virt@name` names a map that has no file, \
                    `opt@path` a file that may be missing.";

const OUTPUTS: [Output; 3] = [Output::Str, Output::Int, Output::Ip];
const STR: usize = 0;
const INT: usize = 1;
const IP: usize = 2;

const FILE: &[Param] = &[Param::required("file", Kind::MapFile)];
const FILE_AND_TEXT: &[Param] =
    &[Param::required("file", Kind::MapFile), Param::optional("otherwise", Kind::Str)];
const FILE_AND_INT: &[Param] =
    &[Param::required("file", Kind::MapFile), Param::optional("otherwise", Kind::Int)];

fn check<const METHOD: usize, const OUTPUT: usize>(
    args: &mut Args,
    compile: &mut Compile<'_>,
) -> Result<(), Problem> {
    let (method, output) = (Method::ALL[METHOD], OUTPUTS[OUTPUT]);
    let path = args.str(0).unwrap_or_default();
    let reference = patterns::reference(compile, path, Columns::Two, UsedBy::Map)
        .map_err(|error| compile.problem_of(codes::FILE_UNREADABLE, error))?;
    let expr = reference.attach(method, Case::Sensitive, output).map_err(|error| {
        compile.problem_of(codes::FILE_MALFORMED, format!("`{}`, line {}: {error}", Lossy(path), error.line))
    })?;
    let otherwise = match (output, args.str(1)) {
        (Output::Str, text) => text.map(|text| Value::string(text.to_vec())),
        (Output::Int, _) => args.int(1).map(Value::Int),
        (Output::Ip, None) => None,
        (Output::Ip, Some(text)) => Some(
            Value::string(text.to_vec())
                .cast(Type::Addr)
                .ok_or_else(|| compile.problem(format!("`{}` is no address to fall back to", Lossy(text))))?,
        ),
    };
    args.prepared = Some(Box::new(Prepared { map: Map::new(expr), otherwise }));
    Ok(())
}

fn value<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let Prepared { map, otherwise } = args.prepared()?;
    map.lookup(&value).or_else(|| otherwise.as_ref().map(Value::borrowed))
}

fn pattern<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    args.prepared::<Prepared>()?.map.lookup_key(&value)
}

pub(super) static MAP: Convert = row::<{ Method::Str as usize }, STR>(
    "map",
    Selects::Value,
    "value of the map's text that equals the input",
    &[Example { text: "map(hosts.map)", input: "www.example.com", output: "front" }],
);

pub(super) static MAP_STR: Convert = row::<{ Method::Str as usize }, STR>(
    "map_str",
    Selects::Value,
    "value of the map's text that equals the input",
    &[Example { text: "map_str(hosts.map)", input: "example.com", output: "all" }],
);

pub(super) static MAP_STR_INT: Convert = row::<{ Method::Str as usize }, INT>(
    "map_str_int",
    Selects::Value,
    "integer of the map's text that equals the input",
    &[Example { text: "map_str_int(numbers.map)", input: "two", output: "2" }],
);

pub(super) static MAP_STR_IP: Convert = row::<{ Method::Str as usize }, IP>(
    "map_str_ip",
    Selects::Value,
    "address of the map's text that equals the input",
    &[Example { text: "map_str_ip(addresses.map,::)", input: "b", output: "2001:db8::1" }],
);

pub(super) static MAP_STR_KEY: Convert = row::<{ Method::Str as usize }, STR>(
    "map_str_key",
    Selects::Pattern,
    "the map's text that equals the input, itself",
    &[Example { text: "map_str_key(hosts.map)", input: "example.com", output: "example.com" }],
);

pub(super) static MAP_BEG: Convert = row::<{ Method::Beg as usize }, STR>(
    "map_beg",
    Selects::Value,
    "value of the map's text that the input begins with",
    &[Example { text: "map_beg(paths.map)", input: "/static/img/a.png", output: "images" }],
);

pub(super) static MAP_BEG_INT: Convert = row::<{ Method::Beg as usize }, INT>(
    "map_beg_int",
    Selects::Value,
    "integer of the map's text that the input begins with",
    &[Example { text: "map_beg_int(numbers.map)", input: "one more", output: "1" }],
);

pub(super) static MAP_BEG_IP: Convert = row::<{ Method::Beg as usize }, IP>(
    "map_beg_ip",
    Selects::Value,
    "address of the map's text that the input begins with",
    &[Example { text: "map_beg_ip(addresses.map)", input: "/seg/x", output: "192.0.2.3" }],
);

pub(super) static MAP_BEG_KEY: Convert = row::<{ Method::Beg as usize }, STR>(
    "map_beg_key",
    Selects::Pattern,
    "the map's text that the input begins with, itself",
    &[Example { text: "map_beg_key(paths.map)", input: "/static/x", output: "/static" }],
);

pub(super) static MAP_SUB: Convert = row::<{ Method::Sub as usize }, STR>(
    "map_sub",
    Selects::Value,
    "value of the map's text that the input contains",
    &[Example { text: "map_sub(paths.map,none)", input: "a/static/b", output: "files" }],
);

pub(super) static MAP_SUB_INT: Convert = row::<{ Method::Sub as usize }, INT>(
    "map_sub_int",
    Selects::Value,
    "integer of the map's text that the input contains",
    &[Example { text: "map_sub_int(numbers.map)", input: "xonex", output: "1" }],
);

pub(super) static MAP_SUB_IP: Convert = row::<{ Method::Sub as usize }, IP>(
    "map_sub_ip",
    Selects::Value,
    "address of the map's text that the input contains",
    &[Example { text: "map_sub_ip(addresses.map)", input: "zz/seg", output: "192.0.2.3" }],
);

pub(super) static MAP_SUB_KEY: Convert = row::<{ Method::Sub as usize }, STR>(
    "map_sub_key",
    Selects::Pattern,
    "the map's text that the input contains, itself",
    &[Example { text: "map_sub_key(paths.map)", input: "x/api/v1x", output: "/api/v1" }],
);

pub(super) static MAP_DIR: Convert = row::<{ Method::Dir as usize }, STR>(
    "map_dir",
    Selects::Value,
    "value of the map's text that the input contains, between slashes,",
    &[Example { text: "map_dir(hosts.map,none)", input: "/x/example.com/y", output: "all" }],
);

pub(super) static MAP_DIR_INT: Convert = row::<{ Method::Dir as usize }, INT>(
    "map_dir_int",
    Selects::Value,
    "integer of the map's text that the input contains, between slashes,",
    &[Example { text: "map_dir_int(numbers.map)", input: "/x/seg/y", output: "3" }],
);

pub(super) static MAP_DIR_IP: Convert = row::<{ Method::Dir as usize }, IP>(
    "map_dir_ip",
    Selects::Value,
    "address of the map's text that the input contains, between slashes,",
    &[Example { text: "map_dir_ip(addresses.map)", input: "/x/seg/y", output: "192.0.2.3" }],
);

pub(super) static MAP_DIR_KEY: Convert = row::<{ Method::Dir as usize }, STR>(
    "map_dir_key",
    Selects::Pattern,
    "the map's text that the input contains, between slashes,, itself",
    &[Example { text: "map_dir_key(paths.map)", input: "/x/static/y", output: "/static" }],
);

pub(super) static MAP_DOM: Convert = row::<{ Method::Dom as usize }, STR>(
    "map_dom",
    Selects::Value,
    "value of the map's text that the input contains, between dots,",
    &[Example { text: "map_dom(hosts.map,none)", input: "cdn.example.com", output: "all" }],
);

pub(super) static MAP_DOM_INT: Convert = row::<{ Method::Dom as usize }, INT>(
    "map_dom_int",
    Selects::Value,
    "integer of the map's text that the input contains, between dots,",
    &[Example { text: "map_dom_int(numbers.map)", input: "www.example.com", output: "4" }],
);

pub(super) static MAP_DOM_IP: Convert = row::<{ Method::Dom as usize }, IP>(
    "map_dom_ip",
    Selects::Value,
    "address of the map's text that the input contains, between dots,",
    &[Example { text: "map_dom_ip(addresses.map)", input: "www.example.com", output: "192.0.2.4" }],
);

pub(super) static MAP_DOM_KEY: Convert = row::<{ Method::Dom as usize }, STR>(
    "map_dom_key",
    Selects::Pattern,
    "the map's text that the input contains, between dots,, itself",
    &[Example { text: "map_dom_key(hosts.map)", input: "a.example.com", output: "example.com" }],
);

pub(super) static MAP_END: Convert = row::<{ Method::End as usize }, STR>(
    "map_end",
    Selects::Value,
    "value of the map's text that the input ends with",
    &[Example { text: "map_end(hosts.map)", input: "a.org", output: "others" }],
);

pub(super) static MAP_END_INT: Convert = row::<{ Method::End as usize }, INT>(
    "map_end_int",
    Selects::Value,
    "integer of the map's text that the input ends with",
    &[Example { text: "map_end_int(numbers.map)", input: "the one", output: "1" }],
);

pub(super) static MAP_END_IP: Convert = row::<{ Method::End as usize }, IP>(
    "map_end_ip",
    Selects::Value,
    "address of the map's text that the input ends with",
    &[Example { text: "map_end_ip(addresses.map)", input: "www.example.com", output: "192.0.2.4" }],
);

pub(super) static MAP_END_KEY: Convert = row::<{ Method::End as usize }, STR>(
    "map_end_key",
    Selects::Pattern,
    "the map's text that the input ends with, itself",
    &[Example { text: "map_end_key(hosts.map)", input: "x.org", output: ".org" }],
);

pub(super) static MAP_REG: Convert = row::<{ Method::Reg as usize }, STR>(
    "map_reg",
    Selects::Value,
    "value of the map's expression that the input matches",
    &[Example { text: "map_reg(regex.map)", input: "www.example.com", output: "site-\\1" }],
);

pub(super) static MAP_REG_INT: Convert = row::<{ Method::Reg as usize }, INT>(
    "map_reg_int",
    Selects::Value,
    "integer of the map's expression that the input matches",
    &[Example { text: "map_reg_int(numbers.map)", input: "two", output: "2" }],
);

pub(super) static MAP_REG_IP: Convert = row::<{ Method::Reg as usize }, IP>(
    "map_reg_ip",
    Selects::Value,
    "address of the map's expression that the input matches",
    &[Example { text: "map_reg_ip(addresses.map)", input: "/seg", output: "192.0.2.3" }],
);

pub(super) static MAP_REG_KEY: Convert = row::<{ Method::Reg as usize }, STR>(
    "map_reg_key",
    Selects::Pattern,
    "the map's expression that the input matches, itself",
    &[Example { text: "map_reg_key(regex.map)", input: "a.example.com", output: "^(.*)\\.example\\.com$" }],
);

pub(super) static MAP_INT: Convert = row::<{ Method::Int as usize }, STR>(
    "map_int",
    Selects::Value,
    "value of the map's range that the input lies in",
    &[Example { text: "map_int(ports.map)", input: "8443", output: "high" }],
);

pub(super) static MAP_INT_INT: Convert = row::<{ Method::Int as usize }, INT>(
    "map_int_int",
    Selects::Value,
    "integer of the map's range that the input lies in",
    &[Example { text: "map_int_int(levels.map)", input: "5", output: "20" }],
);

pub(super) static MAP_INT_IP: Convert = row::<{ Method::Int as usize }, IP>(
    "map_int_ip",
    Selects::Value,
    "address of the map's range that the input lies in",
    &[Example { text: "map_int_ip(ids.map)", input: "7", output: "192.0.2.7" }],
);

pub(super) static MAP_INT_KEY: Convert = row::<{ Method::Int as usize }, STR>(
    "map_int_key",
    Selects::Pattern,
    "the map's range that the input lies in, itself",
    &[Example { text: "map_int_key(ports.map)", input: "8080", output: "8000:8999" }],
);

pub(super) static MAP_IP: Convert = row::<{ Method::Ip as usize }, STR>(
    "map_ip",
    Selects::Value,
    "value of the map's network that the input lies in",
    &[Example { text: "map_ip(nets.map)", input: "192.0.2.200", output: "upper" }],
);

pub(super) static MAP_IP_INT: Convert = row::<{ Method::Ip as usize }, INT>(
    "map_ip_int",
    Selects::Value,
    "integer of the map's network that the input lies in",
    &[Example { text: "map_ip_int(weights.map)", input: "192.0.2.9", output: "5" }],
);

pub(super) static MAP_IP_IP: Convert = row::<{ Method::Ip as usize }, IP>(
    "map_ip_ip",
    Selects::Value,
    "address of the map's network that the input lies in",
    &[Example { text: "map_ip_ip(nat.map)", input: "192.0.2.9", output: "10.0.0.1" }],
);

pub(super) static MAP_IP_KEY: Convert = row::<{ Method::Ip as usize }, STR>(
    "map_ip_key",
    Selects::Pattern,
    "the map's network that the input lies in, itself",
    &[Example { text: "map_ip_key(nets.map)", input: "192.0.2.1", output: "192.0.2.0/24" }],
);

pub(super) static MAP_REGM: Convert = row::<{ Method::Regm as usize }, STR>(
    "map_regm",
    Selects::Value,
    "value of the map's expression that the input matches, with \\1 to \\9 filled in",
    &[Example { text: "map_regm(regex.map)", input: "www.example.com", output: "site-www" }],
);

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use state::Value;

    use crate::testing::{TestNames, try_convert, txn};

    const FILES: &[(&str, &[u8])] =
        &[("ints.map", b"one 1\ntwo 2\n"), ("mixed.map", b"one 1\nx y\n"), ("ips.map", b"a 192.0.2.1\n")];

    fn run(converters: &str, input: &[u8]) -> Result<Option<Value<'static>>, String> {
        let expr = try_convert(converters, input, &TestNames { files: FILES.to_vec() })?;
        Ok(expr.eval(&txn()).map(Value::into_owned))
    }

    #[test]
    fn values_have_the_type_of_the_converter() {
        assert_eq!(run("map_str_int(ints.map)", b"two"), Ok(Some(Value::Int(2))));
        assert_eq!(run("map_str_int(ints.map,-1)", b"six"), Ok(Some(Value::Int(-1))));
        let addr = Value::Ipv4(Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(run("map_str_ip(ips.map)", b"a"), Ok(Some(addr.clone())));
        assert_eq!(run("map_str_ip(ips.map,192.0.2.1)", b"b"), Ok(Some(addr)));
    }

    #[test]
    fn nothing_matches() {
        assert_eq!(run("map(ints.map)", b"six"), Ok(None));
        assert_eq!(run("map(ints.map,)", b"six"), Ok(Some(Value::str(b""))));
        assert_eq!(run("map_str_key(ints.map)", b"six"), Ok(None));
        assert_eq!(run("map(virt@ints)", b"one"), Ok(None));
        assert_eq!(run("map(opt@missing.map,x)", b"one"), Ok(Some(Value::str(b"x"))));
    }

    #[test]
    fn files_and_defaults_that_cannot_be() {
        for text in [
            "map",
            "map(missing.map)",
            "map_str_int(mixed.map)",
            "map_str_int(ints.map,x)",
            "map_str_ip(ips.map,here)",
            "map_str_key(ints.map,x)",
        ] {
            assert!(run(text, b"").is_err(), "{text}");
        }
    }
}
