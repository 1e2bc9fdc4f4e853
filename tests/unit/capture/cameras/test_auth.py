"""We log in as cameras ask for it, and with the strongest way that they offer."""

from services.capture.cameras.auth import Login, authorization

MUFASA = Login("Mufasa", "Circle of Life")


def header(*challenges: str, login: Login = MUFASA, nonce: str = "") -> str | None:
    return authorization(challenges, login, "GET", "/dir/index.html", make_nonce=lambda: nonce)


def test_basic() -> None:
    assert header('Basic realm="cam"', login=Login("admin", "p:w")) == "Basic YWRtaW46cDp3"


def test_digest_with_md5_as_in_rfc_7616() -> None:
    challenge = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    answer = header(challenge, nonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    assert answer is not None
    assert 'response="8ca523f5e9506fed4657c9700eebdbec"' in answer
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in answer
    assert "qop=auth, nc=00000001" in answer


def test_digest_with_sha_256_as_in_rfc_7616() -> None:
    challenge = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    answer = header(challenge, nonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    assert answer is not None
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in answer


def test_digest_without_qop_as_in_rfc_2069() -> None:
    challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    answer = header(challenge, login=Login("Mufasa", "CircleOfLife"))
    assert answer is not None
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in answer
    assert "qop" not in answer


def test_the_strongest_way_that_is_offered_is_taken() -> None:
    md5 = 'Digest realm="r", nonce="n", algorithm=MD5'
    sha = 'digest realm="r", nonce="n", algorithm=SHA-256'
    assert (header('Basic realm="r"', md5, sha) or "").endswith("algorithm=SHA-256")
    assert (header('Basic realm="r"', md5) or "").endswith("algorithm=MD5")


def test_a_way_that_is_not_known_gets_no_answer() -> None:
    assert header() is None
    assert (
        header("Negotiate", 'Digest realm="r", nonce="n", algorithm=SHA-512-256', "Digest nonsense") is None
    )


def test_a_challenge_that_is_answered_again_is_answered_otherwise() -> None:
    challenge = ['Digest realm="r", nonce="n", qop="auth"']
    answers = [
        authorization(challenge, MUFASA, "GET", "/", count=count, make_nonce=lambda: "c") or ""
        for count in (1, 2, 255)
    ]
    assert [answer.partition("nc=")[2][:8] for answer in answers] == ["00000001", "00000002", "000000ff"]
    assert len({answer.partition("response=")[2] for answer in answers}) == 3
