"""scikit-learn with ``array_api_dispatch`` on Tensors: what it computes is a Tensor, with NumPy's values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn import metrics, model_selection
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier, RidgeCV
from sklearn.metrics import pairwise
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    LabelEncoder,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    StandardScaler,
)

import lucid
from lucid import Tensor
from lucid.errors import GradientError
from lucid.testing import check_grads

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 5))
TARGET = X @ rng.normal(size=5) + 0.1 * rng.normal(size=40)
LABELS = (X[:, 0] + 0.3 * rng.normal(size=40) > 0).astype(np.int64)
GUESSES = (X[:, 0] > 0).astype(np.int64)
CHANCES = 1 / (1 + np.exp(-X[:, 0]))

Call = Callable[..., Any]


def transform(estimator: BaseEstimator) -> Call:
    return lambda *data: clone(estimator).fit(*data).transform(data[0])


def predict(estimator: BaseEstimator, method: str = "predict") -> Call:
    return lambda *data: getattr(clone(estimator).fit(*data), method)(data[0])


def through(scaler: BaseEstimator) -> Call:
    """Return what there and back again gives: the data."""

    def there_and_back(x: Any) -> Any:
        fitted = clone(scaler).fit(x)
        return fitted.inverse_transform(fitted.transform(x))

    return there_and_back


ridge = Ridge(solver="svd")
ESTIMATORS: list[tuple[str, Call, tuple[Any, ...]]] = [
    *(
        (repr(e), transform(e), (X,))
        for e in (StandardScaler(), MinMaxScaler(), MaxAbsScaler(), Normalizer())
    ),
    *((repr(e), transform(e), (X,)) for e in (Binarizer(), PolynomialFeatures(), PCA(), PCA(2, whiten=True))),
    ("PCA covariance_eigh", transform(PCA(2, svd_solver="covariance_eigh")), (X,)),
    ("StandardScaler and back", through(StandardScaler()), (X,)),
    ("Ridge", predict(ridge), (X, TARGET)),
    ("RidgeCV", predict(RidgeCV()), (X, TARGET)),
    ("pipeline", predict(make_pipeline(StandardScaler(), PCA(2), ridge)), (X, TARGET)),
    ("RidgeClassifier", predict(RidgeClassifier(solver="svd")), (X, LABELS)),
    ("LinearDiscriminantAnalysis", predict(LinearDiscriminantAnalysis()), (X, LABELS)),
    ("LDA, chances", predict(LinearDiscriminantAnalysis(), "predict_proba"), (X, LABELS)),
    ("GaussianNB", predict(GaussianNB(), "predict_proba"), (X, LABELS)),
    ("GaussianMixture", predict(GaussianMixture(2, init_params="random", random_state=0)), (X,)),
    ("LabelEncoder", lambda y: LabelEncoder().fit_transform(y), (LABELS,)),
    ("train_test_split", lambda x: model_selection.train_test_split(x, random_state=0)[0], (X,)),
    ("cross_val_predict", lambda x, y: model_selection.cross_val_predict(ridge, x, y, cv=2), (X, TARGET)),
    ("confusion_matrix", metrics.confusion_matrix, (LABELS, GUESSES)),
    *((name, getattr(pairwise, name), (X, X[:3])) for name in ("euclidean_distances", "cosine_similarity")),
    *((name, getattr(pairwise, name), (X, X[:3])) for name in ("rbf_kernel", "polynomial_kernel")),
]

METRICS: list[tuple[str, tuple[Any, ...]]] = [
    *((n, (LABELS, GUESSES)) for n in ("accuracy_score", "f1_score", "precision_score", "recall_score")),
    *((n, (LABELS, GUESSES)) for n in ("balanced_accuracy_score", "jaccard_score", "zero_one_loss")),
    *((n, (LABELS, CHANCES)) for n in ("log_loss", "brier_score_loss", "average_precision_score")),
    *((n, (TARGET, TARGET + 0.1)) for n in ("r2_score", "mean_squared_error", "mean_absolute_error")),
    *(
        (n, (TARGET, TARGET + 0.1))
        for n in ("explained_variance_score", "max_error", "median_absolute_error")
    ),
]

DIFFERENTIABLE = ["MinMaxScaler()", "PCA covariance_eigh", "Ridge", "rbf_kernel", "LDA, chances"]


@pytest.fixture(autouse=True)
def _dispatch() -> Any:
    with sklearn.config_context(array_api_dispatch=True):
        yield


@pytest.mark.parametrize(("name", "call", "arrays"), ESTIMATORS, ids=[name for name, *_ in ESTIMATORS])
def test_estimators(name: str, call: Call, arrays: tuple[Any, ...]) -> None:
    ours = call(*map(lucid.asarray, arrays))
    assert isinstance(ours, Tensor)
    theirs = call(*arrays)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(("name", "arrays"), METRICS, ids=[name for name, _ in METRICS])
def test_metrics_are_floats_of_python(name: str, arrays: tuple[Any, ...]) -> None:
    metric = getattr(metrics, name)
    ours = metric(*map(lucid.asarray, arrays))
    assert type(ours) is float
    np.testing.assert_allclose(ours, metric(*arrays), rtol=1e-6)  # some are means in the default dtype


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_flow_through_what_was_fitted(name: str) -> None:
    (call, arrays) = next((call, arrays) for known, call, arrays in ESTIMATORS if known == name)
    others = [lucid.asarray(a) for a in arrays[1:]]
    check_grads(lambda x: call(x, *others), [arrays[0]], order=1, rtol=1e-5)


def test_what_fits_in_c_refuses_to_lose_a_gradient() -> None:
    with pytest.raises(GradientError, match="detach"):
        LogisticRegression().fit(Tensor(X, requires_grad=True), lucid.asarray(LABELS))


def test_the_scaler_is_fitted_on_what_tracks_nothing() -> None:
    """Its own `fit` divides by a count of zero, and drops the result: NaN in the gradient."""
    x = Tensor(X, requires_grad=True)
    scaler = StandardScaler().fit(x.detach())
    scaler.transform(x).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), np.broadcast_to(1 / scaler.scale_.numpy(), X.shape))
    fitted = StandardScaler().fit_transform(x)
    x.grad = None
    fitted[0].sum().backward()
    assert lucid.isnan(x.grad).any()


def test_fitted_attributes_are_tensors() -> None:
    scaler = StandardScaler().fit(lucid.asarray(X))
    assert isinstance(scaler.mean_, Tensor)
    np.testing.assert_allclose(scaler.mean_.numpy(), X.mean(axis=0))


def test_without_the_switch_tensors_become_numpy_arrays() -> None:
    with sklearn.config_context(array_api_dispatch=False):
        assert isinstance(StandardScaler().fit_transform(lucid.asarray(X)), np.ndarray)
