//! `acl`: a named test (chapter 7.1).

use rules::Words;
use sample::Problem;

use super::args;
use super::rows::{ANY, usage};
use crate::context::ProxyParse;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[ProxyRow::new(
    "acl",
    ANY,
    acl,
    "names a test, to be used in conditions below",
    usage!["acl is_static path_beg /static /images", "acl local src 127.0.0.0/8"],
)
.long("Several lines of one name are alternatives of one test.")];

fn acl(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    args::refuse_anonymous(parse, "acl")?;
    parse.define_acl(words)
}
