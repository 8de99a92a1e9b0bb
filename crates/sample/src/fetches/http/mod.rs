//! What a request's or response's head and body tell (chapter 7.3.6).

use http::message::Head;

use crate::rows::{Fetch, Fetched};
use crate::txn::{Message, Missing, Txn};

mod answered_by;
mod auth;
mod base;
mod base32;
mod body;
mod body_param;
mod capture_hdr;
mod capture_line;
mod cook;
mod cook_cnt;
mod cook_names;
mod cook_val;
mod fhdr;
mod first_req;
mod hdr;
mod hdr_cnt;
mod hdr_ip;
mod hdr_names;
mod hdr_val;
mod hdrs;
mod hdrs_bin;
mod is_htx;
mod method;
mod path;
mod query;
mod status;
mod unique_id;
mod url;
mod url_param;
mod ver;

pub(super) static ROWS: &[&[&Fetch]] = &[
    &[&body_param::ROW, &first_req::ROW, &is_htx::ROW, &method::ROW, &query::ROW, &unique_id::ROW],
    answered_by::ROWS,
    auth::ROWS,
    base::ROWS,
    base32::ROWS,
    body::ROWS,
    capture_hdr::ROWS,
    capture_line::ROWS,
    cook::ROWS,
    cook_cnt::ROWS,
    cook_names::ROWS,
    cook_val::ROWS,
    fhdr::ROWS,
    hdr::ROWS,
    hdr_cnt::ROWS,
    hdr_ip::ROWS,
    hdr_names::ROWS,
    hdr_val::ROWS,
    hdrs::ROWS,
    hdrs_bin::ROWS,
    path::ROWS,
    status::ROWS,
    url::ROWS,
    url_param::ROWS,
    ver::ROWS,
];

/// The head of `message`, or what to answer without one.
#[inline]
fn head(message: &Message) -> Result<&Head, Fetched<'static>> {
    message.head_or_missing().map_err(|missing| match missing {
        Missing::Awaited => Fetched::NotYet,
        Missing::ForGood => Fetched::Absent,
    })
}

/// Which message a fetch looks at.
type Side = fn(&Txn) -> &Message;

const REQUEST: Side = |txn| &txn.req;
const RESPONSE: Side = |txn| &txn.res;

/// Hands the head of the message on `side` to `read`.
fn with_head<'a>(txn: &'a Txn, side: Side, read: impl FnOnce(&'a Head) -> Fetched<'a>) -> Fetched<'a> {
    match head(side(txn)) {
        Ok(head) => read(head),
        Err(answer) => answer,
    }
}

/// For [`Fetch::texts`]: whether `accept` takes one of the texts that `texts` finds in the head of the message on `side`.
fn any_text<'a, T: IntoIterator<Item = &'a [u8]>>(
    txn: &'a Txn,
    side: Side,
    accept: &mut dyn FnMut(&[u8]) -> bool,
    texts: impl FnOnce(&'a Head) -> T,
) -> Option<bool> {
    head_says(txn, side, |head| texts(head).into_iter().any(accept))
}

/// What `ask` says of the head of the message on `side`; `None` if that may still come, no if it never will.
#[inline]
fn head_says<'a>(txn: &'a Txn, side: Side, ask: impl FnOnce(&'a Head) -> bool) -> Option<bool> {
    match side(txn).head_or_missing() {
        Ok(head) => Some(ask(head)),
        Err(Missing::Awaited) => None,
        Err(Missing::ForGood) => Some(false),
    }
}

/// Value number `walk.at` of several for who asks for each, one of the caller's choice for who asks once.
fn walked<'a, T>(
    walk: &mut crate::rows::Walk,
    mut values: impl Iterator<Item = T>,
    one: impl FnOnce(&mut dyn Iterator<Item = T>) -> Option<T>,
    found: impl FnOnce(T) -> Fetched<'a>,
) -> Fetched<'a> {
    if !walk.is_each {
        return one(&mut values).map_or(Fetched::Absent, found);
    }
    let value = values.nth(walk.at);
    walk.at += 1;
    // Whoever asks for each need not ask again to learn that there is no other.
    walk.more = value.is_some() && values.next().is_some();
    value.map_or(Fetched::Absent, found)
}
