"""The formulas as ``keras.layers.Layer`` on ``keras.ops``: on TensorFlow, PyTorch and JAX.

Same files, same names as ``mmref.torch``. Training is ``compile`` and ``fit``.

A Keras file (``model.save``) names our classes and does not hold them: a process that loads one
imports ``mmref.keras`` first, or Keras says "Could not locate class". What ``model.export`` writes,
a SavedModel for instance, needs nothing of ours.
"""

from mmref.keras._quiet import quiet_stderr, refuse_float64_in_32_bits

with quiet_stderr():
    import keras

if keras.backend.backend() == "jax":
    refuse_float64_in_32_bits()

from mmref.keras.adaptation import LowRankAdapter, low_rank_adapter, merge_low_rank
from mmref.keras.adversarial import (  # noqa: E402
    hinge_discriminator_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    matching_aware_discriminator_loss,
    minimax_discriminator_loss,
    minimax_generator_loss,
    non_saturating_generator_loss,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
)
from mmref.keras.attention import (  # noqa: E402
    AdditiveAttention,
    attention_weights,
    causal_mask,
    dot_product_attention,
)
from mmref.keras.attribution import (  # noqa: E402
    coalition_outputs,
    grad_cam,
    integrated_gradients,
    shapley_values,
)
from mmref.keras.audio import (  # noqa: E402
    dct,
    fourier,
    frames,
    inverse_fourier,
    inverse_stft,
    log_mel,
    mel_filters,
    mfcc,
    overlap_add,
    power_spectrogram,
    spectral_window,
    stft,
)
from mmref.keras.autoencoder import (  # noqa: E402
    Autoencoder,
    MultimodalAutoencoder,
    VariationalAutoencoder,
    elbo,
    gaussian_kl,
    reconstruction_loss,
    reparameterize,
)
from mmref.keras.bundle import load, save  # noqa: E402
from mmref.keras.captioner import (  # noqa: E402
    Captioner,
    CausalDecoder,
    RecurrentDecoder,
)
from mmref.keras.captioning import (  # noqa: E402
    doubly_stochastic_penalty,
    next_word_loss,
)
from mmref.keras.compression import (  # noqa: E402
    distillation_loss,
    low_rank_factors,
    magnitude_mask,
    pruned,
    quantization_grid,
    quantized,
)
from mmref.keras.contrastive import (  # noqa: E402
    cosine_similarities,
    hardest_negative_triplet,
    info_nce,
)
from mmref.keras.convolution import Conv2d  # noqa: E402
from mmref.keras.data import FolderBatches  # noqa: E402
from mmref.keras.dcgan import Discriminator, Generator  # noqa: E402
from mmref.keras.decoders import ImageDecoder, TableDecoder  # noqa: E402
from mmref.keras.detection import prior_shift, signal_evidence  # noqa: E402
from mmref.keras.diffusion import (  # noqa: E402
    Denoiser,
    Diffusion,
    ddim_step,
    denoised,
    denoised_from_noise,
    diffused,
    diffusion_loss,
    guided,
    noise_from_velocity,
    noise_schedule,
    posterior_mean,
    posterior_variance,
    sample,
    timestep_embedding,
    velocity,
)
from mmref.keras.encoders import (  # noqa: E402
    Backbone,
    ImageEncoder,
    MapEncoder,
    TableEncoder,
    TextEncoder,
)
from mmref.keras.estimation import inverse_variance_weights, minimum_variance_weights  # noqa: E402
from mmref.keras.fusion import (  # noqa: E402
    AdaptiveFusion,
    AttentionFusion,
    BilinearFusion,
    ConcatFusion,
    CrossAttentionFusion,
    DecisionFusion,
    FiLMFusion,
    GatedFusion,
    HybridFusion,
    LowRankFusion,
    StandInFusion,
    TensorFusion,
    WeightedFusion,
    stand_in,
)
from mmref.keras.gan import GAN  # noqa: E402
from mmref.keras.graph import GraphAttention, GraphConvolution, graph_readout  # noqa: E402
from mmref.keras.image_quality import (  # noqa: E402
    peak_signal_to_noise_ratio,
    structural_similarity,
)
from mmref.keras.lookup import LookupClassifier  # noqa: E402
from mmref.keras.models import FusionClassifier, FusionRegressor  # noqa: E402
from mmref.keras.monitoring import population_stability_index  # noqa: E402
from mmref.keras.multi_head import MultiHeadAttention  # noqa: E402
from mmref.keras.multitask import (  # noqa: E402
    UncertaintyWeighting,
    masked_task_loss,
    project_conflicts,
)
from mmref.keras.normalization import BatchNorm2d, batch_norm  # noqa: E402
from mmref.keras.optimization import (  # noqa: E402
    adam_steps,
    rmsprop_steps,
    sgd_steps,
    smoothed_cross_entropy,
)
from mmref.keras.parallel import averaged_gradients, combined_statistics, ring_all_reduce
from mmref.keras.penalty import gradient_penalty, r1_penalty  # noqa: E402
from mmref.keras.pipeline import FusionDiscriminator, FusionGenerator  # noqa: E402
from mmref.keras.pooling import AvgPool2d, MaxPool2d  # noqa: E402
from mmref.keras.positions import sinusoidal_positions  # noqa: E402
from mmref.keras.pretrained import EfficientNetLite, MiniLM
from mmref.keras.recurrence import (  # noqa: E402
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    Stacked,
    embedding,
)
from mmref.keras.retrieval import DualEncoder  # noqa: E402
from mmref.keras.softmax import masked_softmax  # noqa: E402
from mmref.keras.spectral import power_iteration, spectral_normalization  # noqa: E402
from mmref.keras.training import Batches  # noqa: E402
from mmref.keras.transformer import LayerNorm, TransformerBlock, gelu  # noqa: E402
from mmref.keras.transposed import ConvTranspose2d, conv_transpose2d  # noqa: E402
from mmref.keras.vision import PatchEmbedding, VisionTransformer  # noqa: E402
from mmref.keras.vqa import LocalFusion

__all__ = [
    "AdaptiveFusion",
    "AdditiveAttention",
    "AttentionFusion",
    "Autoencoder",
    "AvgPool2d",
    "Backbone",
    "BatchNorm2d",
    "Batches",
    "Bidirectional",
    "BilinearFusion",
    "Captioner",
    "CausalDecoder",
    "ConcatFusion",
    "Conv2d",
    "ConvTranspose2d",
    "CrossAttentionFusion",
    "DecisionFusion",
    "Denoiser",
    "Diffusion",
    "Discriminator",
    "DualEncoder",
    "EfficientNetLite",
    "FiLMFusion",
    "FolderBatches",
    "FusionClassifier",
    "FusionDiscriminator",
    "FusionGenerator",
    "FusionRegressor",
    "GAN",
    "GRU",
    "GatedFusion",
    "Generator",
    "GraphAttention",
    "GraphConvolution",
    "HybridFusion",
    "ImageDecoder",
    "ImageEncoder",
    "LSTM",
    "LayerNorm",
    "LocalFusion",
    "LookupClassifier",
    "LowRankAdapter",
    "LowRankFusion",
    "MapEncoder",
    "MaxPool2d",
    "MiniLM",
    "MultiHeadAttention",
    "MultimodalAutoencoder",
    "PatchEmbedding",
    "RNN",
    "RecurrentDecoder",
    "Stacked",
    "StandInFusion",
    "TableDecoder",
    "TableEncoder",
    "TensorFusion",
    "TextEncoder",
    "TransformerBlock",
    "UncertaintyWeighting",
    "VariationalAutoencoder",
    "VisionTransformer",
    "WeightedFusion",
    "adam_steps",
    "attention_weights",
    "averaged_gradients",
    "batch_norm",
    "causal_mask",
    "coalition_outputs",
    "combined_statistics",
    "conv_transpose2d",
    "cosine_similarities",
    "dct",
    "ddim_step",
    "denoised",
    "denoised_from_noise",
    "diffused",
    "diffusion_loss",
    "distillation_loss",
    "dot_product_attention",
    "doubly_stochastic_penalty",
    "elbo",
    "embedding",
    "fourier",
    "frames",
    "gaussian_kl",
    "gelu",
    "grad_cam",
    "gradient_penalty",
    "graph_readout",
    "guided",
    "hardest_negative_triplet",
    "hinge_discriminator_loss",
    "info_nce",
    "integrated_gradients",
    "inverse_fourier",
    "inverse_stft",
    "inverse_variance_weights",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "load",
    "log_mel",
    "low_rank_adapter",
    "low_rank_factors",
    "magnitude_mask",
    "masked_softmax",
    "masked_task_loss",
    "matching_aware_discriminator_loss",
    "mel_filters",
    "merge_low_rank",
    "mfcc",
    "minimax_discriminator_loss",
    "minimax_generator_loss",
    "minimum_variance_weights",
    "next_word_loss",
    "noise_from_velocity",
    "noise_schedule",
    "non_saturating_generator_loss",
    "overlap_add",
    "peak_signal_to_noise_ratio",
    "population_stability_index",
    "posterior_mean",
    "posterior_variance",
    "power_iteration",
    "power_spectrogram",
    "prior_shift",
    "project_conflicts",
    "pruned",
    "quantization_grid",
    "quantized",
    "r1_penalty",
    "reconstruction_loss",
    "reparameterize",
    "ring_all_reduce",
    "rmsprop_steps",
    "sample",
    "save",
    "sgd_steps",
    "shapley_values",
    "signal_evidence",
    "sinusoidal_positions",
    "smoothed_cross_entropy",
    "spectral_normalization",
    "spectral_window",
    "stand_in",
    "stft",
    "structural_similarity",
    "timestep_embedding",
    "velocity",
    "wasserstein_critic_loss",
    "wasserstein_generator_loss",
]
