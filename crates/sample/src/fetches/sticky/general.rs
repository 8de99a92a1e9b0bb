//! General-purpose counters and tags with a name of their own: `gpc0`, `gpc1`, `gpt0`.

use state::table::{DataType, Gpc};

use super::{Entry, changed, families, fixed, numbered, source, stored};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = families! {
    "get_gpc0", stored, |e, now| e.gpc(Gpc::Zero, now), "general-purpose counter 0";
    "get_gpc1", stored, |e, now| e.gpc(Gpc::One, now), "general-purpose counter 1";
    "get_gpt0", stored, |e, now| e.get(DataType::Gpt0, 0, now), "general-purpose tag 0";
    "gpc0_rate", stored, |e, now| e.gpc_rate(Gpc::Zero, now), "increments of counter 0 per period";
    "gpc1_rate", stored, |e, now| e.gpc_rate(Gpc::One, now), "increments of counter 1 per period";
    "clr_gpc0", changed, |e, now| e.clear_gpc(Gpc::Zero, now), "sets counter 0 back; what it was, as the value";
    "clr_gpc1", changed, |e, now| e.clear_gpc(Gpc::One, now), "sets counter 1 back; what it was, as the value";
    "inc_gpc0", changed, |e, now| e.count_gpc(Gpc::Zero, 1, now), "adds one to counter 0; the new value";
    "inc_gpc1", changed, |e, now| e.count_gpc(Gpc::One, 1, now), "adds one to counter 1; the new value";
};
