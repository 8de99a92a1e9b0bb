//! What tables count by themselves: connections, sessions, requests, errors, bytes, glitches, and their rates.

use state::table::DataType;

use super::{Entry, families, fixed, numbered, source, stored};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = families! {
    "bytes_in_rate", stored, |e, now| e.get(DataType::BytesInRate, 0, now), "bytes from clients per period";
    "bytes_out_rate", stored, |e, now| e.get(DataType::BytesOutRate, 0, now), "bytes to clients per period";
    "conn_cnt", stored, |e, now| e.get(DataType::ConnCnt, 0, now), "connections in all";
    "conn_cur", stored, |e, now| e.get(DataType::ConnCur, 0, now), "connections now";
    "conn_rate", stored, |e, now| e.get(DataType::ConnRate, 0, now), "connections per period";
    "glitch_cnt", stored, |e, now| e.get(DataType::GlitchCnt, 0, now), "protocol glitches in all";
    "glitch_rate", stored, |e, now| e.get(DataType::GlitchRate, 0, now), "protocol glitches per period";
    "http_err_cnt", stored, |e, now| e.get(DataType::HttpErrCnt, 0, now), "HTTP errors in all";
    "http_err_rate", stored, |e, now| e.get(DataType::HttpErrRate, 0, now), "HTTP errors per period";
    "http_fail_cnt", stored, |e, now| e.get(DataType::HttpFailCnt, 0, now), "HTTP failures in all";
    "http_fail_rate", stored, |e, now| e.get(DataType::HttpFailRate, 0, now), "HTTP failures per period";
    "http_req_cnt", stored, |e, now| e.get(DataType::HttpReqCnt, 0, now), "HTTP requests in all";
    "http_req_rate", stored, |e, now| e.get(DataType::HttpReqRate, 0, now), "HTTP requests per period";
    "kbytes_in", stored, |e, now| Some(e.get(DataType::BytesInCnt, 0, now)? >> 10), "kilobytes from clients in all";
    "kbytes_out", stored, |e, now| Some(e.get(DataType::BytesOutCnt, 0, now)? >> 10), "kilobytes to clients in all";
    "sess_cnt", stored, |e, now| e.get(DataType::SessCnt, 0, now), "accepted sessions in all";
    "sess_rate", stored, |e, now| e.get(DataType::SessRate, 0, now), "accepted sessions per period";
};
