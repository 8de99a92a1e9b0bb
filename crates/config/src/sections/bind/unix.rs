//! Owner and mode of a UNIX socket (chapter 5.1); `unix-bind` and `stats socket` share the reading of values.

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;
use syntax::Word;

use super::rows::usage;
use crate::context::BindParse;
use crate::model::UnixPermissions;
use crate::names::NameTable;
use crate::row::BindRow;
use crate::sections::global::accounts;

pub(super) static ROWS: &[BindRow] = &[
    BindRow::new("mode", permission, "the permissions of the socket", usage!["bind /run/web.sock mode 660"]),
    BindRow::new(
        "uid",
        permission,
        "the owner of the socket, by number",
        usage!["bind /run/web.sock uid 1000"],
    ),
    BindRow::new(
        "gid",
        permission,
        "the group of the socket, by number",
        usage!["bind /run/web.sock gid 1000"],
    ),
    BindRow::new("user", permission, "the owner of the socket", usage!["bind /run/web.sock user root"]),
    BindRow::new("group", permission, "the group of the socket", usage!["bind /run/web.sock group root"]),
];

fn permission(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let keyword = &words.line().words[words.position() - 1];
    set(keyword, words, &mut parse.bind.permissions, parse.line.cx.names).map(drop)
}

/// Reads the value of `mode`, `uid`, `gid`, `user` or `group`; says whether `keyword` is one of them.
pub(crate) fn set(
    keyword: &Word,
    words: &mut Words<'_>,
    permissions: &mut UnixPermissions,
    names: &NameTable,
) -> Result<bool, Problem> {
    match keyword.text.as_slice() {
        b"mode" => permissions.mode = Some(octal(words.need("the mode, as in `660`")?)?),
        b"uid" => permissions.uid = Some(accounts::number(words.need("the user's number")?)?),
        b"gid" => permissions.gid = Some(accounts::number(words.need("the group's number")?)?),
        b"user" => permissions.uid = Some(accounts::user(words.need("the user's name")?, names)?),
        b"group" => permissions.gid = Some(accounts::group(words.need("the group's name")?, names)?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn octal(word: &Word) -> Result<u32, Problem> {
    let number =
        word.as_str().and_then(|text| u32::from_str_radix(text, 8).ok()).filter(|mode| *mode <= 0o7777);
    number.ok_or_else(|| {
        problem_of(
            codes::NUMBER,
            word.span,
            format!("`{}` is no mode: octal digits are expected", word.lossy()),
        )
    })
}
