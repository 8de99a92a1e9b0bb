//! `unix-bind`: what UNIX sockets of `bind` lines have in common (chapter 3.1).

use rules::Words;
use sample::Problem;

use super::rows::usage;
use crate::context::GlobalParse;
use crate::row::GlobalRow;
use crate::sections::bind::unix;
use crate::sections::value;

pub(super) static ROWS: &[GlobalRow] = &[GlobalRow::new(
    "unix-bind",
    unix_bind,
    "directory, owner and mode of UNIX sockets that say nothing else",
)
.examples(usage!["unix-bind prefix /run/lb/ mode 770 user root group root"])];

fn unix_bind(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    const KNOWN: &[&str] = &["prefix", "mode", "user", "uid", "group", "gid"];
    words.clone().need("`prefix`, `mode`, `user`, `uid`, `group` or `gid`")?;
    while let Some(keyword) = words.next() {
        if keyword.text == b"prefix" {
            parse.global.unix_bind.prefix = value::bytes(words.need("the prefix")?);
            continue;
        }
        let permissions = &mut parse.global.unix_bind.permissions;
        if !unix::set(keyword, words, permissions, parse.cx.names)? {
            return Err(value::unexpected(keyword, KNOWN));
        }
    }
    Ok(())
}
