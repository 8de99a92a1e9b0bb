//! What is counted of proxies, `bind` addresses and servers (management guide, chapter 9.1, the columns of `show stat`).

use super::{Counter, Mean, Rate};

/// How long the parts of exchanges with a server took, in ms.
#[derive(Debug, Default)]
pub struct MeanTimes {
    /// In queues.
    pub queue: Mean,
    /// Connecting.
    pub connect: Mean,
    /// Until the response began.
    pub response: Mean,
    /// All in all.
    pub total: Mean,
}

impl MeanTimes {
    fn all(&self) -> [&Mean; 4] {
        [&self.queue, &self.connect, &self.response, &self.total]
    }

    /// Forgets the longest times.
    pub fn reset_max(&self) {
        self.all().into_iter().for_each(Mean::reset_max);
    }

    /// Forgets everything.
    pub fn reset(&self) {
        self.all().into_iter().for_each(Mean::reset);
    }
}

/// A frontend's or backend's counters, or those of one `bind` address (management guide, chapter 9.1, the columns of `show
/// stat`).
#[derive(Debug, Default)]
pub struct ProxyCounters {
    /// Connections (frontend) or sessions assigned (backend) in all.
    pub cum_conn: Counter,
    /// Sessions that began a stream.
    pub cum_sess: Counter,
    /// HTTP requests.
    pub cum_req: Counter,
    /// Bytes from clients.
    pub bytes_in: Counter,
    /// Bytes to clients.
    pub bytes_out: Counter,
    /// Bytes sent to servers.
    pub server_bytes_in: Counter,
    /// Bytes received from servers, or made in their place.
    pub server_bytes_out: Counter,
    /// Bytes of messages that came through a pipe: from clients (frontend), from servers (backend).
    pub spliced_in: Counter,
    /// Bytes of messages that went through a pipe: to clients (frontend), to servers (backend).
    pub spliced_out: Counter,
    /// Requests denied by rules.
    pub denied_req: Counter,
    /// Responses denied by rules.
    pub denied_resp: Counter,
    /// Requests that were no HTTP, aborted or timed out before they were complete.
    pub failed_req: Counter,
    /// Connections that the servers refused or did not answer.
    pub failed_conns: Counter,
    /// Responses that were invalid or cut short.
    pub failed_resp: Counter,
    /// Client aborts during a transfer.
    pub cli_aborts: Counter,
    /// Server aborts during a transfer.
    pub srv_aborts: Counter,
    /// Connection attempts that were repeated.
    pub retries: Counter,
    /// Requests sent to another server than the one they belonged to.
    pub redispatches: Counter,
    /// Connections that reused an idle one.
    pub reuse: Counter,
    /// Connections opened.
    pub connect: Counter,
    /// Failed header rewrites.
    pub failed_rewrites: Counter,
    /// Exchanges that failed through no fault of either side.
    pub internal_errors: Counter,
    /// Requests answered from here (stats, monitor, redirects, returns).
    pub intercepted: Counter,
    /// Connections denied by `tcp-request connection`.
    pub denied_conn: Counter,
    /// Sessions denied by `tcp-request session`.
    pub denied_sess: Counter,
    /// Bytes of responses' bodies that compression was given.
    pub comp_in: Counter,
    /// Bytes that it made of them.
    pub comp_out: Counter,
    /// Bytes of bodies that passed it as they were: under `identity`, or where a limit left no room for more.
    pub comp_byp: Counter,
    /// Responses that went through compression to their end.
    pub comp_rsp: Counter,
    /// Responses by class: index 0 other, 1 to 5 for 1xx to 5xx.
    pub responses: [Counter; 6],
    /// Sessions per second.
    pub sess_rate: Rate,
    /// Connections per second.
    pub conn_rate: Rate,
    /// HTTP requests per second.
    pub req_rate: Rate,
    /// How long exchanges with servers took.
    pub times: MeanTimes,
}

impl ProxyCounters {
    /// Forgets the highest rates (`clear counters`).
    pub fn reset_max(&self) {
        for rate in [&self.sess_rate, &self.conn_rate, &self.req_rate] {
            rate.reset_max();
        }
        self.times.reset_max();
    }

    /// Back to 0, the rates of this second excepted (`clear counters all`). What the worker counts meanwhile may be
    /// lost.
    pub fn reset(&self) {
        self.reset_max();
        self.times.reset();
        let all = [
            &self.cum_conn,
            &self.cum_sess,
            &self.cum_req,
            &self.bytes_in,
            &self.bytes_out,
            &self.server_bytes_in,
            &self.server_bytes_out,
            &self.spliced_in,
            &self.spliced_out,
            &self.denied_req,
            &self.denied_resp,
            &self.failed_req,
            &self.failed_conns,
            &self.failed_resp,
            &self.cli_aborts,
            &self.srv_aborts,
            &self.retries,
            &self.redispatches,
            &self.reuse,
            &self.connect,
            &self.failed_rewrites,
            &self.internal_errors,
            &self.intercepted,
            &self.denied_conn,
            &self.denied_sess,
            &self.comp_in,
            &self.comp_out,
            &self.comp_byp,
            &self.comp_rsp,
        ];
        all.into_iter().chain(&self.responses).for_each(Counter::reset);
    }

    /// Counts a response of `status` in its class.
    pub fn count_status(&self, status: u16) {
        self.responses[class_of(status)].bump();
    }
}

/// The index of `status` among responses by class.
fn class_of(status: u16) -> usize {
    match status / 100 {
        class @ 1..=5 => usize::from(class),
        _ => 0,
    }
}

/// A server's counters.
#[derive(Debug, Default)]
pub struct ServerCounters {
    /// Sessions assigned in all.
    pub cum_sess: Counter,
    /// Bytes sent to it.
    pub bytes_in: Counter,
    /// Bytes from it.
    pub bytes_out: Counter,
    /// Bytes of requests as they were sent to it.
    pub sent: Counter,
    /// Bytes of responses as they came from it.
    pub received: Counter,
    /// Responses denied by rules.
    pub denied_resp: Counter,
    /// Failed connections.
    pub failed_conns: Counter,
    /// Invalid or truncated responses.
    pub failed_resp: Counter,
    /// Client aborts.
    pub cli_aborts: Counter,
    /// Server aborts.
    pub srv_aborts: Counter,
    /// Repeated connection attempts.
    pub retries: Counter,
    /// Requests that went to another server instead.
    pub redispatches: Counter,
    /// Connections reused.
    pub reuse: Counter,
    /// Connections opened.
    pub connect: Counter,
    /// Failed rewrites of its responses.
    pub failed_rewrites: Counter,
    /// Exchanges with it that failed through no fault of either side.
    pub internal_errors: Counter,
    /// Responses by class, as [`ProxyCounters::responses`].
    pub responses: [Counter; 6],
    /// Sessions per second.
    pub sess_rate: Rate,
    /// Wall-clock second of the last session, 0 if none.
    pub last_sess: Counter,
    /// How long exchanges with it took.
    pub times: MeanTimes,
}

impl ServerCounters {
    /// Forgets the highest rate (`clear counters`).
    pub fn reset_max(&self) {
        self.sess_rate.reset_max();
        self.times.reset_max();
    }

    /// Back to 0, the rate of this second and the time of the last session excepted (`clear counters all`). What the
    /// worker counts meanwhile may be lost.
    pub fn reset(&self) {
        self.reset_max();
        self.times.reset();
        let all = [
            &self.cum_sess,
            &self.bytes_in,
            &self.bytes_out,
            &self.sent,
            &self.received,
            &self.denied_resp,
            &self.failed_conns,
            &self.failed_resp,
            &self.cli_aborts,
            &self.srv_aborts,
            &self.retries,
            &self.redispatches,
            &self.reuse,
            &self.connect,
            &self.failed_rewrites,
            &self.internal_errors,
        ];
        all.into_iter().chain(&self.responses).for_each(Counter::reset);
    }

    /// Counts a response of `status` in its class.
    pub fn count_status(&self, status: u16) {
        self.responses[class_of(status)].bump();
    }
}
