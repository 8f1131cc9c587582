"""The formulas as ``torch.nn.Module``, in the same files and under the same names."""

from mmref.torch.adaptation import LowRankAdapter, low_rank_adapter, merge_low_rank
from mmref.torch.adversarial import (
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
from mmref.torch.attention import (
    AdditiveAttention,
    attention_weights,
    causal_mask,
    dot_product_attention,
)
from mmref.torch.attribution import (
    coalition_outputs,
    grad_cam,
    integrated_gradients,
    shapley_values,
)
from mmref.torch.audio import (
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
from mmref.torch.autoencoder import (
    Autoencoder,
    MultimodalAutoencoder,
    VariationalAutoencoder,
    elbo,
    gaussian_kl,
    reconstruction_loss,
    reparameterize,
)
from mmref.torch.bundle import load, save
from mmref.torch.captioner import Captioner, CausalDecoder, RecurrentDecoder
from mmref.torch.captioning import doubly_stochastic_penalty, next_word_loss
from mmref.torch.compression import (
    distillation_loss,
    low_rank_factors,
    magnitude_mask,
    pruned,
    quantization_grid,
    quantized,
)
from mmref.torch.contrastive import (
    cosine_similarities,
    hardest_negative_triplet,
    info_nce,
)
from mmref.torch.convolution import Conv2d
from mmref.torch.data import FolderBatches
from mmref.torch.dcgan import Discriminator, Generator
from mmref.torch.decoders import ImageDecoder, TableDecoder
from mmref.torch.detection import prior_shift, signal_evidence
from mmref.torch.diffusion import (
    Denoiser,
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
from mmref.torch.encoders import (
    Backbone,
    ImageEncoder,
    MapEncoder,
    TableEncoder,
    TextEncoder,
)
from mmref.torch.estimation import inverse_variance_weights, minimum_variance_weights
from mmref.torch.fusion import (
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
from mmref.torch.gan import GAN
from mmref.torch.graph import GraphAttention, GraphConvolution, graph_readout
from mmref.torch.image_quality import (
    peak_signal_to_noise_ratio,
    structural_similarity,
)
from mmref.torch.lookup import LookupClassifier
from mmref.torch.models import FusionClassifier, FusionRegressor
from mmref.torch.monitoring import population_stability_index
from mmref.torch.multi_head import MultiHeadAttention
from mmref.torch.multitask import (
    UncertaintyWeighting,
    masked_task_loss,
    project_conflicts,
)
from mmref.torch.normalization import BatchNorm2d, batch_norm
from mmref.torch.optimization import (
    adam_steps,
    rmsprop_steps,
    sgd_steps,
    smoothed_cross_entropy,
)
from mmref.torch.parallel import averaged_gradients, combined_statistics, ring_all_reduce
from mmref.torch.penalty import gradient_penalty, r1_penalty
from mmref.torch.pipeline import FusionDiscriminator, FusionGenerator
from mmref.torch.pooling import AvgPool2d, MaxPool2d
from mmref.torch.positions import sinusoidal_positions
from mmref.torch.pretrained import EfficientNetLite, MiniLM
from mmref.torch.recurrence import GRU, LSTM, RNN, Bidirectional, Stacked, embedding
from mmref.torch.retrieval import DualEncoder
from mmref.torch.softmax import masked_softmax
from mmref.torch.spectral import power_iteration, spectral_normalization
from mmref.torch.training import History, device, evaluate, fit, predict
from mmref.torch.transformer import LayerNorm, TransformerBlock, gelu
from mmref.torch.transposed import ConvTranspose2d, conv_transpose2d
from mmref.torch.vision import PatchEmbedding, VisionTransformer
from mmref.torch.vqa import LocalFusion

__all__ = [
    "AdaptiveFusion",
    "AdditiveAttention",
    "AttentionFusion",
    "Autoencoder",
    "AvgPool2d",
    "Backbone",
    "BatchNorm2d",
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
    "History",
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
    "device",
    "diffused",
    "diffusion_loss",
    "distillation_loss",
    "dot_product_attention",
    "doubly_stochastic_penalty",
    "elbo",
    "embedding",
    "evaluate",
    "fit",
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
    "predict",
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
