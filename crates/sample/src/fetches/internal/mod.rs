//! Constants, the process, proxies and servers, variables (chapters 7.3.1 and 7.3.2).

use crate::rows::Fetch;

mod acl;
mod always;
mod backend;
mod constant;
mod date;
mod dump_all_vars;
mod env;
mod frontend;
mod hostname;
mod last_rule;
mod priority;
mod process;
mod rand;
mod server;
mod server_of;
mod table;
mod timeout;
mod uuid;
mod var;

pub(super) static ROWS: &[&[&Fetch]] = &[
    &[&acl::ROW, &dump_all_vars::ROW, &env::ROW, &hostname::ROW, &rand::ROW, &uuid::ROW, &var::ROW],
    always::ROWS,
    backend::ROWS,
    constant::ROWS,
    date::ROWS,
    frontend::ROWS,
    last_rule::ROWS,
    priority::ROWS,
    process::ROWS,
    server::ROWS,
    server_of::ROWS,
    table::ROWS,
    timeout::ROWS,
];
