//! The converters, one file each, and the list that orders them (chapter 7.3, "Converters").
//!
//! To add one: write its file with its [`Convert`] row, whose examples run as tests, and name the row in `ROWS`.
//! Close relatives, which are one function with a parameter, share the file of their family.

use std::sync::LazyLock;

use keyword::Table;

use crate::rows::Convert;

mod add_item;
mod aes_cbc;
mod aes_gcm;
mod aes_key;
mod algorithm;
mod arithmetic;
mod b64dec;
mod base2;
mod base64;
mod be2hex;
mod bytes;
mod capture;
mod chunks_to_dec;
mod codec;
mod concat;
mod cut_crlf;
mod date;
mod debug;
mod digest;
mod eth;
mod field;
mod fix;
pub mod forwarded;
mod has_ctl;
mod hash32;
mod hex;
mod hex2i;
mod hmac;
mod host_only;
mod htonl;
mod http_date;
mod iif;
mod ip;
mod ip_fp;
mod ipmask;
mod json;
mod json_path;
mod json_query;
mod jwt_decrypt;
mod jwt_query;
mod jwt_verify;
mod language;
mod length;
mod lower;
mod ltrim;
mod map;
mod mqtt;
mod named;
mod operand;
mod param;
mod port_only;
mod protobuf;
mod regsub;
mod reverse;
mod reverse_dom;
mod rfc7239;
mod rtrim;
mod secure_memcmp;
pub mod set_var;
mod sha1;
mod sha2;
mod strcmp;
mod strftime;
mod tables;
mod tcp;
mod text;
mod time;
mod ub64dec;
mod ub64enc;
mod unary;
mod upper;
mod url_dec;
mod url_enc;
mod when;
mod word;
pub mod x509_v_err_str;
mod xxh;

/// In the order of their names.
static ROWS: &[&Convert] = &[
    &arithmetic::ADD,
    &add_item::ROW,
    &aes_cbc::DEC,
    &aes_cbc::ENC,
    &aes_gcm::DEC,
    &aes_gcm::ENC,
    &arithmetic::AND,
    &b64dec::ROW,
    &base2::ROW,
    &base64::ROW,
    &chunks_to_dec::BE2DEC,
    &be2hex::ROW,
    &unary::BOOL,
    &bytes::ROW,
    &capture::REQ,
    &capture::RES,
    &concat::ROW,
    &unary::CPL,
    &hash32::CRC32,
    &hash32::CRC32C,
    &cut_crlf::ROW,
    &date::ROW,
    &debug::ROW,
    &digest::ROW,
    &arithmetic::DIV,
    &hash32::DJB2,
    &eth::DATA,
    &eth::DST,
    &eth::HDR,
    &eth::PROTO,
    &eth::SRC,
    &eth::VLAN,
    &unary::EVEN,
    &named::FE_EXISTS,
    &field::ROW,
    &fix::IS_VALID,
    &fix::TAG_VALUE,
    &has_ctl::ROW,
    &hex::ROW,
    &hex2i::ROW,
    &hmac::ROW,
    &host_only::ROW,
    &htonl::ROW,
    &http_date::ROW,
    &iif::ROW,
    &tables::IN_TABLE,
    &ip::DATA,
    &ip::DF,
    &ip::DST,
    &ip_fp::ROW,
    &ip::HDR,
    &ip::PROTO,
    &ip::SRC,
    &ip::TOS,
    &ip::TTL,
    &ip::VER,
    &ipmask::ROW,
    &json::ROW,
    &json_query::ROW,
    &jwt_decrypt::CERTIFICATE,
    &jwt_decrypt::JWK,
    &jwt_decrypt::SECRET,
    &jwt_query::HEADER,
    &jwt_query::PAYLOAD,
    &jwt_verify::KEY,
    &jwt_verify::CERTIFICATE,
    &language::ROW,
    &chunks_to_dec::LE2DEC,
    &length::ROW,
    &lower::ROW,
    &time::LTIME,
    &ltrim::ROW,
    &map::MAP,
    &map::MAP_BEG,
    &map::MAP_BEG_INT,
    &map::MAP_BEG_IP,
    &map::MAP_BEG_KEY,
    &map::MAP_DIR,
    &map::MAP_DIR_INT,
    &map::MAP_DIR_IP,
    &map::MAP_DIR_KEY,
    &map::MAP_DOM,
    &map::MAP_DOM_INT,
    &map::MAP_DOM_IP,
    &map::MAP_DOM_KEY,
    &map::MAP_END,
    &map::MAP_END_INT,
    &map::MAP_END_IP,
    &map::MAP_END_KEY,
    &map::MAP_INT,
    &map::MAP_INT_INT,
    &map::MAP_INT_IP,
    &map::MAP_INT_KEY,
    &map::MAP_IP,
    &map::MAP_IP_INT,
    &map::MAP_IP_IP,
    &map::MAP_IP_KEY,
    &map::MAP_REG,
    &map::MAP_REG_INT,
    &map::MAP_REG_IP,
    &map::MAP_REG_KEY,
    &map::MAP_REGM,
    &map::MAP_STR,
    &map::MAP_STR_INT,
    &map::MAP_STR_IP,
    &map::MAP_STR_KEY,
    &map::MAP_SUB,
    &map::MAP_SUB_INT,
    &map::MAP_SUB_IP,
    &map::MAP_SUB_KEY,
    &arithmetic::MOD,
    &mqtt::FIELD_VALUE,
    &mqtt::IS_VALID,
    &time::MS_LTIME,
    &time::MS_UTIME,
    &arithmetic::MUL,
    &named::NBSRV,
    &unary::NEG,
    &unary::NOT,
    &unary::ODD,
    &arithmetic::OR,
    &param::ROW,
    &port_only::ROW,
    &protobuf::PROTOBUF,
    &regsub::ROW,
    &reverse::ROW,
    &reverse_dom::ROW,
    &rfc7239::FIELD,
    &rfc7239::IS_VALID,
    &rfc7239::N2NN,
    &rfc7239::N2NP,
    &rfc7239::NN,
    &rfc7239::NP,
    &rtrim::ROW,
    &hash32::SDBM,
    &secure_memcmp::ROW,
    &set_var::SET,
    &sha1::ROW,
    &sha2::ROW,
    &named::SRV_IS_UP,
    &named::SRV_QUEUE,
    &strcmp::ROW,
    &arithmetic::SUB,
    &tables::TABLE_BYTES_IN_RATE,
    &tables::TABLE_BYTES_OUT_RATE,
    &tables::TABLE_CLR_GPC,
    &tables::TABLE_CLR_GPC0,
    &tables::TABLE_CLR_GPC1,
    &tables::TABLE_CONN_CNT,
    &tables::TABLE_CONN_CUR,
    &tables::TABLE_CONN_RATE,
    &tables::TABLE_EXPIRE,
    &tables::TABLE_GLITCH_CNT,
    &tables::TABLE_GLITCH_RATE,
    &tables::TABLE_GPC,
    &tables::TABLE_GPC0,
    &tables::TABLE_GPC0_RATE,
    &tables::TABLE_GPC1,
    &tables::TABLE_GPC1_RATE,
    &tables::TABLE_GPC_RATE,
    &tables::TABLE_GPT,
    &tables::TABLE_GPT0,
    &tables::TABLE_HTTP_ERR_CNT,
    &tables::TABLE_HTTP_ERR_RATE,
    &tables::TABLE_HTTP_FAIL_CNT,
    &tables::TABLE_HTTP_FAIL_RATE,
    &tables::TABLE_HTTP_REQ_CNT,
    &tables::TABLE_HTTP_REQ_RATE,
    &tables::TABLE_IDLE,
    &tables::TABLE_INC_GPC,
    &tables::TABLE_INC_GPC0,
    &tables::TABLE_INC_GPC1,
    &tables::TABLE_KBYTES_IN,
    &tables::TABLE_KBYTES_OUT,
    &tables::TABLE_SERVER_ID,
    &tables::TABLE_SESS_CNT,
    &tables::TABLE_SESS_RATE,
    &tables::TABLE_TRACKERS,
    &tcp::DST,
    &tcp::FLAGS,
    &tcp::OPTIONS_MSS,
    &tcp::OPTIONS_SACK,
    &tcp::OPTIONS_TSOPT,
    &tcp::OPTIONS_TSVAL,
    &tcp::OPTIONS_WSCALE,
    &tcp::OPTIONS_WSOPT,
    &tcp::OPTIONS_LIST,
    &tcp::SEQ,
    &tcp::SRC,
    &tcp::WIN,
    &ub64dec::ROW,
    &ub64enc::ROW,
    &protobuf::UNGRPC,
    &set_var::UNSET,
    &upper::ROW,
    &url_dec::ROW,
    &url_enc::ROW,
    &time::US_LTIME,
    &time::US_UTIME,
    &time::UTIME,
    &when::ROW,
    &word::ROW,
    &hash32::WT6,
    &x509_v_err_str::ROW,
    &arithmetic::XOR,
    &xxh::XXH3,
    &xxh::XXH32,
    &xxh::XXH64,
];

static TABLE: LazyLock<Table<Convert>> = LazyLock::new(|| Table::new(ROWS));

/// The row called `name`.
#[must_use]
pub fn lookup(name: &[u8]) -> Option<&'static Convert> {
    TABLE.get(std::str::from_utf8(name).ok()?)
}

/// All names, for suggestions.
#[must_use]
pub fn names() -> Vec<&'static str> {
    TABLE.names().collect()
}

/// All rows, for documentation.
pub fn rows() -> impl Iterator<Item = &'static Convert> {
    TABLE.iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestNames, shown, try_convert, txn_with_table};

    /// The files that the examples of maps name.
    const FILES: &[(&str, &[u8])] = &[
        ("hosts.map", b"www.example.com front\nexample.com all\n.org others\n"),
        ("paths.map", b"/static/img images\n/static files\n/api/v1 api\n"),
        ("ports.map", b"80 http\n443 https\n8000:8999 high\n"),
        ("nets.map", b"192.0.2.0/24 docs\n192.0.2.128/25 upper\n2001:db8::/32 docs6\n"),
        ("numbers.map", b"one 1\ntwo 2\n/seg 3\nexample.com 4\n"),
        ("addresses.map", b"a 192.0.2.1\nb 2001:db8::1\n/seg 192.0.2.3\nexample.com 192.0.2.4\n"),
        ("levels.map", b"1 10\n2:9 20\n"),
        ("ids.map", b"7 192.0.2.7\n"),
        ("weights.map", b"192.0.2.0/24 5\n"),
        ("nat.map", b"192.0.2.0/24 10.0.0.1\n"),
        ("regex.map", b"^(.*)\\.example\\.com$ site-\\1\n^.*$ any\n"),
    ];

    #[test]
    fn every_example_gives_what_it_says() {
        let names = TestNames { files: FILES.to_vec() };
        let txn = txn_with_table("gpc(2)");
        for row in rows() {
            for example in row.doc.examples {
                let expr = try_convert(example.text, example.input.as_bytes(), &names)
                    .unwrap_or_else(|message| panic!("{}: `{}`: {message}", row.name, example.text));
                let got = expr.eval(&txn).map(shown);
                if !example.output.is_empty() || !example.input.is_empty() {
                    let place = format!("`{}` on `{}`", example.text, example.input);
                    assert_eq!(got.as_deref(), Some(example.output), "{place}");
                }
            }
        }
    }

    #[test]
    fn rows_are_documented_and_in_order() {
        for row in rows() {
            assert!(!row.doc.brief.is_empty() && !row.doc.brief.ends_with('.'), "{}", row.name);
        }
        assert!(names().is_sorted(), "{:?}", names());
    }
}
