//! The HTTP server for metrics, with a single page.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue, VARY};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::format::Format;
use crate::failure::reason;

/// The maximum number of simultaneous connections. Others wait in the backlog.
const CONNECTIONS: usize = 16;

/// The time limit for a request and its response.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause after a failed accept, which is usually a lack of file descriptors.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves requests until the future is dropped.
pub(super) async fn serve(listener: TcpListener, registry: Arc<Registry>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // The semaphore is never closed.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let registry = Arc::clone(&registry);
                tokio::spawn(async move {
                    // A client that is too slow is disconnected.
                    let _ = timeout(PATIENCE, attend(stream, &registry)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("metrics: cannot accept a connection: {}", reason(&error));
                sleep(PAUSE).await;
            }
        }
    }
}

/// Serves one request per connection, since scrapes are rare.
async fn attend(stream: TcpStream, registry: &Registry) {
    let service = service_fn(|request: Request<Incoming>| async move {
        let response = answer(&request, registry);
        let (method, path, status) = (request.method(), request.uri().path(), response.status());
        tracing::debug!("metrics: {method} {path}: {status}");
        Ok::<_, Infallible>(response)
    });
    let connection =
        http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!("metrics: {error}");
    }
}

fn answer(request: &Request<Incoming>, registry: &Registry) -> Response<Full<Bytes>> {
    if request.uri().path() != "/metrics" {
        return plain(StatusCode::NOT_FOUND, "not found; use /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed; use GET\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let mut text = String::new();
    let format = Format::accepted(request.headers().get_all(ACCEPT));
    match encode(&mut text, registry) {
        Ok(()) => {
            let mut response = response(StatusCode::OK, format.name(), format.of(text).into());
            response.headers_mut().insert(VARY, HeaderValue::from_name(ACCEPT));
            response
        }
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written\n"),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()))
}

fn response(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
