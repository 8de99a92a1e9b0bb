//! The columns that `show stat` of a HAProxy built with QUIC has between those of TLS and those of HTTP/1.
//!
//! A HAProxy built without it prints none of them, and neither does this program: they are known by their names alone, so
//! that the reference can say so.

/// Their names and meanings, in order.
pub static QUIC_COLUMNS: &[(&str, &str)] = &[
    ("h3_data", "DATA frames received"),
    ("h3_headers", "HEADERS frames received"),
    ("h3_cancel_push", "CANCEL_PUSH frames received"),
    ("h3_push_promise", "PUSH_PROMISE frames received"),
    ("h3_max_push_id", "MAX_PUSH_ID frames received"),
    ("h3_goaway", "GOAWAY frames received"),
    ("h3_settings", "SETTINGS frames received"),
    ("h3_no_error", "Errors H3_NO_ERROR"),
    ("h3_general_protocol_error", "Errors H3_GENERAL_PROTOCOL_ERROR"),
    ("h3_internal_error", "Errors H3_INTERNAL_ERROR"),
    ("h3_stream_creation_error", "Errors H3_STREAM_CREATION_ERROR"),
    ("h3_closed_critical_stream", "Errors H3_CLOSED_CRITICAL_STREAM"),
    ("h3_frame_unexpected", "Errors H3_FRAME_UNEXPECTED"),
    ("h3_frame_error", "Errors H3_FRAME_ERROR"),
    ("h3_excessive_load", "Errors H3_EXCESSIVE_LOAD"),
    ("h3_id_error", "Errors H3_ID_ERROR"),
    ("h3_settings_error", "Errors H3_SETTINGS_ERROR"),
    ("h3_missing_settings", "Errors H3_MISSING_SETTINGS"),
    ("h3_request_rejected", "Errors H3_REQUEST_REJECTED"),
    ("h3_request_cancelled", "Errors H3_REQUEST_CANCELLED"),
    ("h3_request_incomplete", "Errors H3_REQUEST_INCOMPLETE"),
    ("h3_message_error", "Errors H3_MESSAGE_ERROR"),
    ("h3_connect_error", "Errors H3_CONNECT_ERROR"),
    ("h3_version_fallback", "Errors H3_VERSION_FALLBACK"),
    ("pack_decompression_failed", "Closes for a header block that cannot be decompressed"),
    ("qpack_encoder_stream_error", "Closes for an error of QPACK's encoder stream"),
    ("qpack_decoder_stream_error", "Closes for an error of QPACK's decoder stream"),
    ("quic_rxbuf_full", "Datagrams given up because the buffer was full"),
    ("quic_dropped_pkt", "Packets dropped"),
    ("quic_dropped_pkt_bufoverrun", "Packets dropped because they overran the buffer"),
    ("quic_dropped_parsing_pkt", "Packets dropped because they cannot be parsed"),
    ("quic_socket_full", "Times that the socket took no datagram"),
    ("quic_sendto_err", "Datagrams that the kernel refused"),
    ("quic_sendto_err_unknwn", "Datagrams refused for reasons without a name"),
    ("quic_sent_pkt", "Packets sent"),
    ("quic_lost_pkt", "Packets sent and lost"),
    ("quic_too_short_dgram", "Datagrams too short for the first packet of a connection"),
    ("quic_retry_sent", "Retry packets sent"),
    ("quic_retry_validated", "Tokens of Retry packets that came back"),
    ("quic_retry_error", "Tokens of Retry packets that are not valid"),
    ("quic_half_open_conn", "Connections whose handshake is under way"),
    ("quic_hdshk_fail", "Handshakes that failed"),
    ("quic_stless_rst_sent", "Stateless resets sent"),
    ("quic_conn_migration_done", "Connections that moved to another address"),
    ("quic_transp_err_no_error", "Closes with NO_ERROR"),
    ("quic_transp_err_internal_error", "Closes with INTERNAL_ERROR"),
    ("quic_transp_err_connection_refused", "Closes with CONNECTION_REFUSED"),
    ("quic_transp_err_flow_control_error", "Closes with FLOW_CONTROL_ERROR"),
    ("quic_transp_err_stream_limit_error", "Closes with STREAM_LIMIT_ERROR"),
    ("quic_transp_err_stream_state_error", "Closes with STREAM_STATE_ERROR"),
    ("quic_transp_err_final_size_error", "Closes with FINAL_SIZE_ERROR"),
    ("quic_transp_err_frame_encoding_error", "Closes with FRAME_ENCODING_ERROR"),
    ("quic_transp_err_transport_parameter_error", "Closes with TRANSPORT_PARAMETER_ERROR"),
    ("quic_transp_err_connection_id_limit", "Closes with CONNECTION_ID_LIMIT"),
    ("quic_transp_err_protocol_violation_error", "Closes with PROTOCOL_VIOLATION_ERROR"),
    ("quic_transp_err_invalid_token", "Closes with INVALID_TOKEN"),
    ("quic_transp_err_application_error", "Closes with APPLICATION_ERROR"),
    ("quic_transp_err_crypto_buffer_exceeded", "Closes with CRYPTO_BUFFER_EXCEEDED"),
    ("quic_transp_err_key_update_error", "Closes with KEY_UPDATE_ERROR"),
    ("quic_transp_err_aead_limit_reached", "Closes with AEAD_LIMIT_REACHED"),
    ("quic_transp_err_no_viable_path", "Closes with NO_VIABLE_PATH"),
    ("quic_transp_err_crypto_error", "Closes with CRYPTO_ERROR"),
    ("quic_transp_err_unknown_error", "Closes with UNKNOWN_ERROR"),
    ("quic_data_blocked", "DATA_BLOCKED frames received"),
    ("quic_stream_data_blocked", "STREAM_DATA_BLOCKED frames received"),
    ("quic_streams_blocked_bidi", "STREAMS_BLOCKED frames received for streams both ways"),
    ("quic_streams_blocked_uni", "STREAMS_BLOCKED frames received for streams one way"),
    ("quic_ncbuf_gap_limit", "Frames dropped because they left too small a gap"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stat::COLUMNS;

    #[test]
    fn none_is_printed() {
        assert!(QUIC_COLUMNS.iter().all(|(name, _)| COLUMNS.iter().all(|column| column.name != *name)));
    }
}
